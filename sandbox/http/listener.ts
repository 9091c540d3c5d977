import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import type { Hono } from 'hono';

/** An HTTP server that can be taken down and brought back on the port it once had. */
export interface Listener {
  readonly url: string;
  readonly port: number;
  /** Cuts every open connection; new ones are refused until `comeUp`. Idempotent. */
  goDown(): Promise<void>;
  /** Listens again on the same port. Idempotent. */
  comeUp(): Promise<void>;
  close(): Promise<void>;
}

function listen(server: Server, port: number, host: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

/** Serves `app` on `port`; 0 lets the system choose one. */
export async function openListener(app: Hono, port: number, host: string): Promise<Listener> {
  const handle = getRequestListener(app.fetch);
  const server = createServer((request, response) => {
    // A socket that mischief or a client destroys is an everyday event here, not a fault.
    response.on('error', () => response.destroy());
    void handle(request, response);
  });
  // Idle connections must outlive the pauses of a test, or a client meets a reset it did not order.
  server.keepAliveTimeout = 60_000;
  await listen(server, port, host);
  const bound = (server.address() as AddressInfo).port;
  let change = Promise.resolve();

  const goDown = async () => {
    if (!server.listening) return;
    const closed = new Promise<void>((resolve) => server.close(() => resolve()));
    server.closeAllConnections();
    await closed;
  };
  const comeUp = async () => {
    if (!server.listening) await listen(server, bound, host);
  };
  // Going down and coming up overlap when tests are in a hurry; they take their turn.
  const inTurn = (step: () => Promise<void>) => {
    const next = change.then(step);
    change = next.catch(() => undefined);
    return next;
  };

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    port: bound,
    goDown: () => inTurn(goDown),
    comeUp: () => inTurn(comeUp),
    close: () => inTurn(goDown),
  };
}
