import { once } from 'node:events';
import {
  type ClientHttp2Session,
  connect,
  constants,
  createServer,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** One call of a method, as messages without their frames. */
export interface GrpcCall {
  /** Without package and service: `RespondActivityTaskCompleted`. */
  method: string;
  message: Buffer;
}

export interface GrpcWatch {
  before?(gone: AbortSignal): Promise<unknown>;
  /** Undefined when the call failed. */
  after?(gone: AbortSignal, message: Buffer | undefined): Promise<unknown>;
}

export interface GrpcProxy {
  /** `host:port`, as clients want it. */
  address: string;
  close(): Promise<void>;
}

const WINDOW = { initialWindowSize: 4 << 20, maxConcurrentStreams: 5_000 };

/**
 * Passes unary gRPC calls on, each as a whole. When the server at the other end is gone, so are the connections to
 * it; a call whose client hangs up while it is held goes no further.
 */
export async function openGrpcProxy(
  to: () => string,
  watch: (call: GrpcCall) => Promise<GrpcWatch | undefined>,
): Promise<GrpcProxy> {
  const sessions = new Set<ServerHttp2Session>();
  const server = createServer({ settings: WINDOW });
  server.on('session', (near) => {
    sessions.add(near);
    const far = connect(`http://${to()}`, { settings: WINDOW });
    // A server that is being killed tells nobody but by this.
    far.on('error', () => near.destroy());
    far.on('close', () => near.destroy());
    near.on('error', () => far.destroy());
    near.on('close', () => {
      sessions.delete(near);
      far.destroy();
    });
    near.on('stream', (stream, headers) => {
      stream.on('error', () => undefined);
      // A stream that fails has failed at one of its ends, which is told by closing it.
      carry(stream, headers, far, watch).catch(() => stream.close(constants.NGHTTP2_INTERNAL_ERROR));
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    async close() {
      for (const session of sessions) session.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function carry(
  near: ServerHttp2Stream,
  headers: IncomingHttpHeaders,
  far: ClientHttp2Session,
  watch: (call: GrpcCall) => Promise<GrpcWatch | undefined>,
): Promise<void> {
  const leaving = new AbortController();
  const gone = leaving.signal;
  near.once('close', () => leaving.abort());
  const request = await bytesOf(near);
  const method = String(headers[':path']).split('/').at(-1) ?? '';
  const watched = await watch({ method, message: unframed(request, headers['grpc-encoding']) });
  await watched?.before?.(gone);
  if (gone.aborted) return;

  const call = far.request(headers, { endStream: false });
  call.on('error', () => near.destroy());
  gone.addEventListener('abort', () => call.close(constants.NGHTTP2_CANCEL), { once: true });
  let trailers: IncomingHttpHeaders = {};
  call.on('trailers', (given) => {
    trailers = given;
  });
  call.end(request);
  const [answer] = (await once(call, 'response')) as [IncomingHttpHeaders];
  const body = await bytesOf(call);
  const status = trailers['grpc-status'] ?? answer['grpc-status'];
  await watched?.after?.(gone, status === '0' ? unframed(body, answer['grpc-encoding']) : undefined);
  if (near.destroyed) return;
  if (Object.keys(trailers).length === 0) {
    near.respond(answer, { endStream: true });
    return;
  }
  near.respond(answer, { waitForTrailers: true });
  near.on('wantTrailers', () => near.sendTrailers(plain(trailers)));
  near.end(body);
}

/** Headers without the symbols that node adds. */
const plain = (headers: IncomingHttpHeaders) => Object.fromEntries(Object.entries(headers));

function unframed(bytes: Buffer, encoding: string | string[] | undefined): Buffer {
  if (bytes.length < 5) return Buffer.alloc(0);
  const message = bytes.subarray(5, 5 + bytes.readUInt32BE(1));
  return bytes[0] === 1 && encoding === 'gzip' ? gunzipSync(message) : message;
}

async function bytesOf(stream: AsyncIterable<unknown>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
