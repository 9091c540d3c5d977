import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach } from 'vitest';
import type { Chunk } from '../../domain/outbound.ts';
import { createTelegramChannel, type TelegramOptions } from './channel.ts';

export const TOKEN = '123456789:AAloopbackSecret_0123456789';
export const CHUNK: Chunk = { text: 'Привет', entities: [] };
export const never = new AbortController().signal;

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Makes a server listen on a free port until the test ends. */
export async function listen(server: Server): Promise<number> {
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket));
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  cleanups.push(() => {
    for (const socket of sockets) socket.destroy();
    return new Promise((resolve) => server.close(resolve));
  });
  return (server.address() as AddressInfo).port;
}

export function channelAt(apiRoot: string, options: Partial<TelegramOptions> = {}) {
  const channel = createTelegramChannel({ token: TOKEN, apiRoot, timeoutMs: 5000, ...options });
  cleanups.push(() => channel.close());
  return channel;
}

export interface Call {
  method: string;
  body: Record<string, unknown>;
}

/** A Bot API whose answers the test gives; records what it was asked. */
export async function botApi(
  answer: (call: Call, response: ServerResponse, request: IncomingMessage) => unknown,
  options: Partial<TelegramOptions> = {},
) {
  const calls: Call[] = [];
  const server = createServer(async (request, response) => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const text = Buffer.concat(parts).toString();
    const call = { method: request.url?.split('/').pop() ?? '', body: text === '' ? {} : JSON.parse(text) };
    calls.push(call);
    const result = await answer(call, response, request);
    if (result !== undefined) reply(response, 200, { ok: true, result });
  });
  const port = await listen(server);
  const apiRoot = `http://127.0.0.1:${port}`;
  return { calls, apiRoot, channel: channelAt(apiRoot, options) };
}

export function reply(response: ServerResponse, status: number, body: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}
