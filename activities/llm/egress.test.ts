import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { Hono } from 'hono';
import { expect, onTestFinished, test } from 'vitest';
import { createEgress, createLookup } from './egress.ts';
import { listen } from './stub-servers.ts';

async function target(): Promise<URL> {
  return new URL(await listen(new Hono().get('/', (c) => c.text('made it'))));
}

/** A forward proxy for CONNECT that notes where it was sent and with which login. */
async function proxy(status = 200) {
  const seen: { to?: string; login?: string }[] = [];
  const server = createServer();
  server.on('connect', (request, socket) => {
    seen.push({ to: request.url, login: request.headers['proxy-authorization'] });
    if (status !== 200) {
      socket.end(`HTTP/1.1 ${status} No\r\n\r\n`);
      return;
    }
    const upstream = connect(Number(request.url?.split(':')[1]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

test('with a proxy the provider is reached through it, and the proxy resolves the name', async () => {
  const { port } = await target();
  const { address, seen } = await proxy();
  const egress = createEgress({ proxy: `http://us%40er:pass@${address}` });
  onTestFinished(() => egress.close());
  const response = await egress.fetch(`http://api.blocked.example:${port}/`);
  expect(await response.text()).toBe('made it');
  expect(seen).toEqual([{ to: `api.blocked.example:${port}`, login: `Basic ${btoa('us@er:pass')}` }]);
});

test('a table of hosts stands above name resolution', async () => {
  const { port } = await target();
  const egress = createEgress({ resolver: { hosts: { 'api.blocked.example': '127.0.0.1' } } });
  onTestFinished(() => egress.close());
  expect(await (await egress.fetch(`http://api.blocked.example:${port}/`)).text()).toBe('made it');
});

test('a table of hosts answers in both forms of lookup', async () => {
  const lookup = createLookup({ hosts: { a: '::1' } });
  const one = await new Promise((resolve) =>
    lookup('a', {}, (_, address, family) => resolve([address, family])),
  );
  expect(one).toEqual(['::1', 6]);
  const all = await new Promise((resolve) =>
    lookup('a', { all: true }, (_, addresses) => resolve(addresses)),
  );
  expect(all).toEqual([{ address: '::1', family: 6 }]);
});

test('redirects are not followed, so a key cannot wander', async () => {
  const egress = createEgress({});
  onTestFinished(() => egress.close());
  const url = await listen(new Hono().get('/', (c) => c.redirect('http://127.0.0.1:1/')));
  expect((await egress.fetch(url)).status).toBe(302);
});

test('a proxy that refuses is told apart from a provider that fails', async () => {
  const { classifyTransport } = await import('./classify.ts');
  const { address } = await proxy(407);
  const egress = createEgress({ proxy: `http://${address}` });
  onTestFinished(() => egress.close());
  const error = await egress.fetch('http://api.blocked.example/').catch((found: unknown) => found);
  expect(classifyTransport('p', error)).toMatchObject({ class: 'misconfigured' });
});

test('configured name servers are asked instead of the system', async () => {
  const socket = createSocket('udp4');
  const asked: number[] = [];
  socket.on('message', (query, from) => {
    asked.push(query.length);
    // The question comes back with one address, 127.0.0.1, for whatever name was asked.
    const answer = Buffer.from(query.subarray(0, query.indexOf(0, 12) + 5));
    answer.writeUInt16BE(0x8180, 2);
    answer.writeUInt16BE(1, 6);
    answer.writeUInt16BE(0, 10);
    const record = Buffer.from([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 60, 0, 4, 127, 0, 0, 1]);
    socket.send(Buffer.concat([answer, record]), from.port, from.address);
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  onTestFinished(() => void socket.close());
  const { port } = await target();
  const egress = createEgress({ resolver: { servers: [`127.0.0.1:${socket.address().port}`] } });
  onTestFinished(() => egress.close());
  expect(await (await egress.fetch(`http://api.blocked.example:${port}/`)).text()).toBe('made it');
  expect(asked.length).toBeGreaterThan(0);
});
