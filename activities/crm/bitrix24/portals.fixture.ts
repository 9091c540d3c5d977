import { createServer, type Server, type Socket } from 'node:net';
import { type ServerType, serve } from '@hono/node-server';
import { Hono } from 'hono';
import { onTestFinished } from 'vitest';

/** The secret in the address of every portal here. */
export const CODE = 's3cretc0de';
const closed = (server: ServerType | Server) =>
  new Promise<void>((resolve) => {
    if ('closeAllConnections' in server) server.closeAllConnections();
    server.close(() => resolve());
  });

function webhookOf(server: ServerType | Server): string {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('The server has no port.');
  return `http://127.0.0.1:${address.port}/rest/1/${CODE}/`;
}

const listening = (server: Server) =>
  new Promise<void>((resolve) => server.listen(0, '127.0.0.1', () => resolve()));

/** A portal on loopback until the test is over; returns its webhook address. */
export async function portal(app: Hono): Promise<string> {
  const server = await new Promise<ServerType>((resolve) => {
    const started = serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, () => resolve(started));
  });
  onTestFinished(() => closed(server));
  return webhookOf(server);
}

/** Answers every call alike and keeps what was asked. */
export async function answering(status: number, body: string, headers: Record<string, string> = {}) {
  const asked: unknown[] = [];
  const app = new Hono().post('*', async (c) => {
    asked.push(await c.req.json());
    return new Response(body, { status, headers });
  });
  return { url: await portal(app), asked };
}

/** A portal that reads the request and then does something to the connection. */
export async function brokenPortal(onRequest: (socket: Socket) => void) {
  let requests = 0;
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    socket.on('error', () => socket.destroy());
    socket.once('data', () => {
      requests += 1;
      onRequest(socket);
    });
    sockets.add(socket);
  });
  await listening(server);
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    return closed(server);
  });
  return { url: webhookOf(server), requests: () => requests };
}

/** The address of a portal that is not there. */
export async function deadPortal(): Promise<string> {
  const server = createServer();
  await listening(server);
  const url = webhookOf(server);
  await closed(server);
  return url;
}
