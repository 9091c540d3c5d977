import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isPublicAddress } from './address.ts';
import { createPublicFetch, type PublicFetchOptions } from './fetch.ts';

describe('a public address', () => {
  it.each([
    '1.1.1.1',
    '8.8.8.8',
    '172.15.0.1',
    '172.32.0.1',
    '100.128.0.1',
    '2606:4700::1111',
    '2a00:1450::1',
  ])('may be asked: %s', (address) => expect(isPublicAddress(address)).toBe(true));

  it.each([
    ...['127.0.0.1', '127.255.0.1', '0.0.0.0', '10.1.2.3', '172.16.0.1', '172.31.255.255', '192.168.1.1'],
    // Where clouds tell machines their credentials.
    ...['169.254.169.254', '100.100.100.200', '192.0.0.192', 'fd00:ec2::254', 'fe80::a9fe:a9fe'],
    ...['100.64.0.1', '198.18.0.1', '224.0.0.1', '255.255.255.255', '203.0.113.9'],
    ...['::', '::1', '::ffff:127.0.0.1', '::ffff:8.8.8.8', '64:ff9b::7f00:1', 'fc00::1', 'ff02::1'],
    // IPv4 inside of IPv6.
    ...['2002:7f00:1::', '2001:0:7f00:1::', '2001:db8::1', '::127.0.0.1', 'fe80::1%eth0'],
    ...['localhost', '', '127.1', '0x7f000001', '2130706433'],
  ])('is not: %s', (address) => expect(isPublicAddress(address)).toBe(false));
});

describe('a request on behalf of somebody else', () => {
  let server: Server;
  let port = '';
  let asked: string[] = [];
  const answers: Record<string, (response: ServerResponse, request: IncomingMessage) => void> = {
    '/file': (response) => response.writeHead(200, { 'content-type': 'Image/PNG; a=b' }).end('bytes'),
    '/inside': (response) => response.writeHead(302, { location: 'http://10.0.0.7/admin' }).end(),
    '/metadata': (response) =>
      response.writeHead(301, { location: 'http://metadata.internal/latest/meta-data' }).end(),
    '/scheme': (response) => response.writeHead(307, { location: 'file:///etc/passwd' }).end(),
    '/on': (response) => response.writeHead(303, { location: '/file' }).end(),
    '/round': (response) => response.writeHead(302, { location: '/round' }).end(),
    '/long': (response) => response.end('x'.repeat(100_000)),
    '/never': (response) => response.writeHead(200).write('a'),
  };
  beforeAll(async () => {
    server = createServer((request, response) => {
      asked.push(request.url ?? '');
      const answer = answers[request.url ?? ''];
      if (answer) answer(response, request);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    port = String((server.address() as AddressInfo).port);
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  /** Names and where they lead; here the loopback server plays the public internet. */
  const NAMES: Record<string, string[]> = {
    'public.example': ['127.0.0.1'],
    'metadata.internal': ['169.254.169.254'],
    'both.example': ['127.0.0.1', '10.0.0.7'],
  };
  function web(over: PublicFetchOptions = {}) {
    const looked: string[] = [];
    const web = createPublicFetch({
      isPublic: (address) => address === '127.0.0.1' || isPublicAddress(address),
      ports: ['', port],
      lookup: ((name: string, _: unknown, done: (error: null, found: object[]) => void) => {
        looked.push(name);
        done(
          null,
          (NAMES[name] ?? []).map((address) => ({ address, family: 4 })),
        );
      }) as never,
      ...over,
    });
    const get = (url: string) =>
      web.get(url.replace(':PORT', `:${port}`), { maxBytes: 1000, signal: AbortSignal.timeout(5_000) });
    return { get, looked };
  }
  const refused = { name: 'AddressRefused' };

  it('reads what is public, also after a redirect', async () => {
    const answer = { status: 200, contentType: 'image/png', body: Buffer.from('bytes') };
    expect(await web().get('http://public.example:PORT/file')).toEqual(answer);
    expect(await web().get('http://public.example:PORT/on')).toEqual(answer);
    expect((await web().get('http://127.0.0.1:PORT/gone')).status).toBe(404);
  });

  it.each([
    'ftp://public.example/file',
    'file:///etc/passwd',
    'gopher://public.example/',
    'javascript:alert(1)',
    'no address',
    '//public.example/file',
    'http://user:pass@public.example/',
    'http://public.example:22/',
    'http://public.example:6379/',
    'http://10.0.0.7/',
    'http://[::1]/',
    'http://[::ffff:10.0.0.7]/',
    'http://169.254.169.254/latest/meta-data',
    // Other ways to write 10.0.0.7.
    'http://167772167/',
    'http://0x0a000007/',
    'http://012.0.0.7/',
    'http://10.7/',
    'http://metadata.internal/',
    // One public address does not make up for another.
    'http://both.example/',
  ])('refuses %s, without asking', async (url) => {
    asked = [];
    await expect(web().get(url)).rejects.toMatchObject(refused);
    expect(asked).toEqual([]);
  });

  it.each(['/inside', '/metadata', '/scheme', '/round'])(
    'follows no redirect to where it may not go: %s',
    async (path) => {
      await expect(web().get(`http://public.example:PORT${path}`)).rejects.toMatchObject(refused);
    },
  );

  it('connects to the address it has looked at: a name that changes its mind is not asked twice', async () => {
    let first = true;
    const { get } = web({
      lookup: ((_: string, __: unknown, done: (error: null, found: object[]) => void) => {
        done(null, [{ address: first ? '127.0.0.1' : '10.0.0.7', family: 4 }]);
        first = false;
      }) as never,
    });
    expect((await get('http://public.example:PORT/file')).status).toBe(200);
  });

  it('reads no more than it was asked to, and no longer', async () => {
    await expect(web().get('http://public.example:PORT/long')).rejects.toMatchObject({
      name: 'AnswerTooLarge',
    });
    const web2 = createPublicFetch({ isPublic: () => true, ports: [port] });
    const slow = web2.get(`http://127.0.0.1:${port}/never`, {
      maxBytes: 10,
      signal: AbortSignal.timeout(100),
    });
    await expect(slow).rejects.toThrow();
  });

  it('lets nobody in by itself: without a say, only the public internet is asked', async () => {
    const strict = createPublicFetch();
    const get = (url: string) => strict.get(url, { maxBytes: 10, signal: AbortSignal.timeout(5_000) });
    await expect(get('http://127.0.0.1/')).rejects.toMatchObject(refused);
    await expect(get('http://localhost/')).rejects.toMatchObject(refused);
  });
});
