import { once } from 'node:events';
import { createServer } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { llmSettings } from '../../config/llm.ts';
import { CONTEXT, llmWith, never } from './llm.fixture.ts';
import { completion, deadUrl, openAiStub, type Reply, refusal } from './stub-servers.ts';

const ASK = { messages: [{ role: 'user' as const, content: 'hi' }] };

const message: Reply = () =>
  Response.json({
    type: 'message',
    content: [{ type: 'text', text: 'from Claude' }],
    stop_reason: 'end_turn',
    usage: { input_tokens: 1_000, output_tokens: 100 },
  });

/** The built-in settings with these variables; only Ollama stands before the hosted provider, and it is gone. */
async function hosted(env: Record<string, string>, file: object = {}) {
  const variables = { OLLAMA_URL: await deadUrl(), ...env };
  return llmWith(llmSettings({ chain: { maxPasses: 1 }, ...file }, variables));
}

/** An HTTP proxy that tunnels, and remembers for whom. */
async function egressProxy() {
  const tunnels: string[] = [];
  const server = createServer();
  server.on('connect', (request, socket, head) => {
    tunnels.push(request.url ?? '');
    const [host, port] = (request.url ?? '').split(':');
    const upstream = connect(Number(port), host, () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      upstream.write(head);
      upstream.pipe(socket).pipe(upstream);
    });
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, tunnels };
}

const HOSTED = [
  ['openrouter', 'main', 'tngtech/deepseek-r1t2-chimera', null],
  ['openrouter', 'reasoning', 'deepseek/deepseek-r1-0528', null],
  ['groq', 'main', 'llama-3.3-70b-versatile', 67],
  ['groq', 'fast', 'llama-3.1-8b-instant', 6],
  ['anthropic', 'main', 'claude-sonnet-4-5-20250929', 4_500],
  ['anthropic', 'reasoning', 'claude-opus-4-6', 7_500],
] as const;

test.each(HOSTED)(
  '%s takes part in %s with %s as soon as it has a key',
  async (name, role, model, micros) => {
    const stub = await openAiStub(name === 'anthropic' ? message : completion('ok'));
    const upper = name.toUpperCase();
    const { llm, rows } = await hosted({
      [`${upper}_API_KEY`]: 'key',
      [`${upper}_BASE_URL`]: name === 'anthropic' ? stub.url.replace(/\/v1$/, '') : stub.url,
    });
    expect(await llm.chat({ ...ASK, role }, CONTEXT, never)).toMatchObject({ provider: name, model });
    expect(rows.map(({ provider, outcome }) => `${provider} ${outcome}`)).toEqual([
      'ollama unavailable',
      `${name} ok`,
    ]);
    expect(stub.requests[0]).toMatchObject({ model });
    expect(rows[1]).toMatchObject({ model, costMicros: micros });
  },
);

test.each(['openrouter', 'groq', 'anthropic'])(
  '%s that is overloaded is left for the next one',
  async (name) => {
    const busy = await openAiStub(refusal(529, { error: { type: 'overloaded_error', message: 'x' } }));
    const own = await openAiStub(completion('from the house'));
    const { llm, rows } = await hosted(
      { HOSTED_KEY: 'key' },
      {
        providers: {
          [name]: {
            baseUrl: busy.url.replace(/\/v1$/, name === 'anthropic' ? '' : '/v1'),
            apiKeyEnv: 'HOSTED_KEY',
          },
          own: { kind: 'openai', baseUrl: own.url, local: true },
        },
        roles: {
          main: [
            { provider: name, model: 'm' },
            { provider: 'own', model: 'm' },
          ],
        },
      },
    );
    expect((await llm.chat({ ...ASK, role: 'main' }, CONTEXT, never)).provider).toBe('own');
    expect(rows[0]).toMatchObject({ provider: name, outcome: 'unavailable' });
  },
);

test('hosted providers leave through the egress proxy, local ones do not', async () => {
  const stub = await openAiStub(message);
  const proxy = await egressProxy();
  const { llm, rows } = await hosted({
    ANTHROPIC_API_KEY: 'key',
    ANTHROPIC_BASE_URL: stub.url.replace(/\/v1$/, ''),
    LLM_EGRESS_PROXY: proxy.url,
  });
  expect((await llm.chat({ ...ASK, role: 'main' }, CONTEXT, never)).text).toBe('from Claude');
  expect(proxy.tunnels).toEqual([new URL(stub.url).host]);
  expect(rows[0]).toMatchObject({ provider: 'ollama', outcome: 'unavailable' });
});
