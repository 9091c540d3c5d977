import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { offerOllama } from './ollama.ts';

let server: Server;
let url: string;
beforeAll(async () => {
  server = createServer((_, response) => response.end('{"version":"0.12.6"}'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => server.close());

async function offer(typed: string | undefined, over: { asks?: boolean; url?: string } = {}) {
  const lines: string[] = [];
  const input = new PassThrough();
  if (typed === undefined) input.end();
  else input.write(typed);
  const { signal } = new AbortController();
  const chosen = await offerOllama({
    url,
    asks: true,
    say: (line) => lines.push(line),
    signal,
    input,
    output: new PassThrough(),
    ...over,
  });
  return { chosen, lines };
}

test('a real Ollama is used only when the person says yes', async () => {
  for (const yes of ['y\n', 'YES\n', 'да\n', 'иә\n']) expect((await offer(yes)).chosen).toBe(url);
  for (const no of ['\n', 'n\n', 'maybe\n', undefined]) expect((await offer(no)).chosen).toBeUndefined();
});

test('where nobody can be asked the way to use it is told', async () => {
  const { chosen, lines } = await offer(undefined, { asks: false });
  expect(chosen).toBeUndefined();
  expect(lines.join()).toContain(`OLLAMA_URL=${url}`);
});

test('without an Ollama nothing is asked and nothing is said', async () => {
  const { chosen, lines } = await offer('y\n', { url: 'http://127.0.0.1:1' });
  expect(chosen).toBeUndefined();
  expect(lines).toEqual([]);
});
