import { createServer } from 'node:net';

/**
 * A port nobody listens on at 127.0.0.1: the preferred one if it is free, so that links survive a
 * restart, otherwise any. Another program may still take it before it is used: callers that bind it
 * later must be ready to ask again.
 */
export async function freePort(preferred?: number): Promise<number> {
  if (preferred !== undefined && preferred !== 0) {
    const taken = await tryPort(preferred);
    if (taken !== undefined) return taken;
  }
  const any = await tryPort(0);
  if (any === undefined) throw new Error('No free port at 127.0.0.1.');
  return any;
}

function tryPort(port: number): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.unref();
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE' || error.code === 'EACCES') resolve(undefined);
      else reject(error);
    });
    // Exclusive, or two processes of one cluster would both be told that the port is free.
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => {
      const address = server.address();
      const bound = typeof address === 'object' && address !== null ? address.port : undefined;
      server.close(() => resolve(bound));
    });
  });
}
