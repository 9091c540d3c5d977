import { serve } from '@hono/node-server';

/** How long requests under way may take when the process ends. */
const DRAIN_MS = 5_000;

type Fetch = Parameters<typeof serve>[0]['fetch'];

export interface Listener {
  port: number;
  /** Answers with this from now on. */
  use(fetch: Fetch): void;
  /** Takes no more requests, and cuts after five seconds what is still being answered. */
  close(): Promise<void>;
}

/** Listens before there is anything to serve, so that probes hear why. Rejects when the port is taken. */
export function listen(port: number, fetch: Fetch): Promise<Listener> {
  let current = fetch;
  return new Promise((resolve, reject) => {
    const server = serve({ fetch: (...request) => current(...request), port }, (address) => {
      server.off('error', reject);
      resolve({
        port: address.port,
        use(next) {
          current = next;
        },
        close: () =>
          new Promise((done) => {
            const all = 'closeAllConnections' in server ? () => server.closeAllConnections() : () => {};
            const late = setTimeout(all, DRAIN_MS);
            server.close(() => {
              clearTimeout(late);
              done();
            });
            if ('closeIdleConnections' in server) server.closeIdleConnections();
          }),
      });
    });
    server.once('error', reject);
  });
}
