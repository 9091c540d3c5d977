import { once } from 'node:events';
import { Agent, createServer, type IncomingHttpHeaders, type IncomingMessage, request } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface HttpCall {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

export interface HttpAnswer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Buffer;
}

/** What is done about one call: both may hold it, until `gone` aborts. */
export interface HttpWatch {
  before?: ((gone: AbortSignal) => Promise<unknown>) | undefined;
  after?(gone: AbortSignal, answer: HttpAnswer): Promise<unknown>;
  /** Added to the request. */
  headers?: Record<string, string>;
}

export interface HttpProxy {
  url: string;
  close(): Promise<void>;
}

/**
 * Passes HTTP calls on to `target`, each as a whole. A call whose client hangs up while it is held goes no further;
 * an answer that nobody waits for is dropped.
 */
export async function openHttpProxy(
  target: string,
  watch: (call: HttpCall) => Promise<HttpWatch | undefined>,
): Promise<HttpProxy> {
  const agent = new Agent({ keepAlive: true });
  const server = createServer(async (incoming, outgoing) => {
    const leaving = new AbortController();
    outgoing.once('close', () => leaving.abort());
    const gone = leaving.signal;
    try {
      const call: HttpCall = {
        method: incoming.method ?? 'GET',
        path: incoming.url ?? '/',
        headers: incoming.headers,
        body: await bytesOf(incoming),
      };
      const watched = await watch(call);
      await watched?.before?.(gone);
      if (gone.aborted) return;
      const answer = await forward(target, call, agent, gone, watched?.headers);
      await watched?.after?.(gone, answer);
      if (gone.aborted) return;
      const { 'transfer-encoding': _, connection: __, ...headers } = answer.headers;
      outgoing.writeHead(answer.status, { ...headers, 'content-length': answer.body.length });
      outgoing.end(answer.body);
    } catch {
      // The target broke the connection, or was not there: so does this one.
      outgoing.destroy();
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      agent.destroy();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

async function forward(
  target: string,
  { method, path, headers: given, body }: HttpCall,
  agent: Agent,
  gone: AbortSignal,
  more: Record<string, string> = {},
): Promise<HttpAnswer> {
  const { host: _, connection: __, 'transfer-encoding': ___, ...headers } = given;
  const url = new URL(target);
  const call = request({
    host: url.hostname,
    port: url.port,
    method,
    path,
    agent,
    signal: gone,
    headers: { ...headers, ...more, host: url.host, 'content-length': body.length },
  });
  call.end(body);
  const [answer] = (await once(call, 'response')) as [IncomingMessage];
  return { status: answer.statusCode ?? 502, headers: answer.headers, body: await bytesOf(answer) };
}

async function bytesOf(stream: IncomingMessage): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const part of stream) parts.push(part as Buffer);
  return Buffer.concat(parts);
}
