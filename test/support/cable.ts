import { connect, createServer, type Socket } from 'node:net';

/** A cable to a TCP server that can be cut and plugged in again. */
export interface Cable {
  port: number;
  /** Ends all connections; new ones find nobody until `plug`. */
  cut(): Promise<void>;
  plug(): Promise<void>;
  /** Ends all connections; new ones work at once, as after a quick restart. */
  jerk(): void;
  close(): Promise<void>;
}

/** Listens on a port of its own and passes everything on to that port, or to the one it is on now. */
export async function openCable(to: number | (() => number)): Promise<Cable> {
  const ends = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(typeof to === 'number' ? to : to(), '127.0.0.1');
    ends.add(near);
    near.pipe(far).pipe(near);
    near.on('error', () => far.destroy());
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    near.on('close', () => {
      ends.delete(near);
      far.destroy();
    });
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => resolve());
    });
  await listen(0);
  const address = server.address();
  const port = typeof address === 'object' && address ? address.port : 0;
  const jerk = () => {
    for (const end of ends) end.destroy();
  };
  const cut = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      jerk();
    });
  return { port, cut, jerk, plug: () => listen(port), close: cut };
}
