import { expect, test } from 'vitest';
import { createOpenAiProvider } from './openai.ts';
import { completion, deadUrl, openAiStub, providerSettings, refusal, silence } from './stub-servers.ts';

const never = new AbortController().signal;
const MODEL = { provider: 'p', model: 'gpt-4.1-mini' };
const ask = { messages: [{ role: 'user' as const, content: 'hi' }] };
const STRICT = {
  type: 'object',
  properties: { a: { type: 'string' } },
  required: ['a'],
  additionalProperties: false,
};

const provider = (baseUrl: string, settings: Record<string, unknown> = {}) =>
  createOpenAiProvider(
    'p',
    providerSettings({ kind: 'openai', baseUrl, apiKeyEnv: 'KEY', timeoutMs: 2_000, ...settings }),
  );

test('one request: key, correlation id, no streaming; answer, finish and usage come back', async () => {
  const stub = await openAiStub(completion('Hello', { finish: 'length' }));
  const answer = await provider(stub.url).chat({ ...ask, maxTokens: 7, correlationId: 'c-7' }, MODEL, never);
  expect(answer).toEqual({
    text: 'Hello',
    finish: 'length',
    usage: { promptTokens: 100, completionTokens: 10 },
  });
  expect(stub.headers[0]?.get('authorization')).toBe('Bearer k-1');
  expect(stub.headers[0]?.get('x-correlation-id')).toBe('c-7');
  const [body] = stub.requests;
  expect(body).toMatchObject({ model: 'gpt-4.1-mini', max_tokens: 7, messages: ask.messages });
  expect(body?.stream).not.toBe(true);
  expect(body).not.toHaveProperty('temperature');
  expect(body).not.toHaveProperty('stream_options');
});

test('temperature: the model entry wins over the request, and "unset" sends none', async () => {
  const stub = await openAiStub(completion('x'));
  const p = provider(stub.url, { temperature: 0.9 });
  await p.chat(ask, MODEL, never);
  await p.chat({ ...ask, temperature: 0.5 }, MODEL, never);
  await p.chat({ ...ask, temperature: 0.5 }, { ...MODEL, temperature: 0.1 }, never);
  await p.chat({ ...ask, temperature: 0.5 }, { ...MODEL, temperature: 'unset' }, never);
  expect(stub.requests.map((body) => body.temperature)).toEqual([0.9, 0.5, 0.1, undefined]);
});

test('a schema that strict mode takes is enforced there and not repeated in the prompt', async () => {
  const stub = await openAiStub(completion('{"a":"b"}'));
  await provider(stub.url).chat({ ...ask, schema: { name: 'thing', json: STRICT } }, MODEL, never);
  expect(stub.requests[0]).toMatchObject({
    messages: ask.messages,
    response_format: { type: 'json_schema', json_schema: { name: 'thing', strict: true, schema: STRICT } },
  });
});

test('a schema that strict mode does not take is sent loosely and stands in the prompt', async () => {
  const stub = await openAiStub(completion('{}'));
  const json = { ...STRICT, required: [] };
  await provider(stub.url).chat({ ...ask, schema: { name: 'thing', json } }, MODEL, never);
  expect(stub.requests[0]).toMatchObject({ response_format: { json_schema: { strict: false } } });
  expect(JSON.stringify(stub.requests[0]?.messages)).toContain('JSON Schema');
});

test('a cut answer under a schema comes back as cut, not as an exception of the library', async () => {
  const stub = await openAiStub(completion('{"a":', { finish: 'length' }));
  const asked = provider(stub.url).chat({ ...ask, schema: { name: 't', json: STRICT } }, MODEL, never);
  await expect(asked).resolves.toMatchObject({ finish: 'length', text: '{"a":' });
});

test('GLM: thinking is off, JSON mode without a schema field, the schema in the prompt', async () => {
  const stub = await openAiStub(completion('{}'));
  const glm = provider(stub.url, { flavour: 'glm', structured: 'json_object' });
  await glm.chat({ ...ask, schema: { name: 't', json: STRICT } }, { ...MODEL, model: 'glm-4.6' }, never);
  expect(stub.requests[0]).toMatchObject({
    thinking: { type: 'disabled' },
    response_format: { type: 'json_object' },
  });
  expect(JSON.stringify(stub.requests[0]?.messages)).toContain('JSON Schema');
});

test('vLLM needs no key, and fields of the configuration are passed on', async () => {
  const stub = await openAiStub(completion('x'));
  const vllm = createOpenAiProvider(
    'vllm',
    providerSettings({ kind: 'openai', flavour: 'vllm', baseUrl: stub.url, extraBody: { top_k: 5 } }),
  );
  await vllm.chat(ask, MODEL, never);
  expect(stub.requests[0]).toMatchObject({ chat_template_kwargs: { enable_thinking: false }, top_k: 5 });
});

test('models that the library would send to another endpoint are asked by chat completions too', async () => {
  const stub = await openAiStub(completion('x'));
  await provider(stub.url).chat({ ...ask, maxTokens: 5 }, { ...MODEL, model: 'gpt-5-codex' }, never);
  expect(stub.requests[0]).toMatchObject({ model: 'gpt-5-codex', max_completion_tokens: 5 });
});

test('images go as data addresses', async () => {
  const stub = await openAiStub(completion('a cat'));
  const images = [{ data: new Uint8Array([1, 2, 3]), mediaType: 'image/png' }];
  await provider(stub.url).chat({ ...ask, images }, MODEL, never);
  expect(stub.requests[0]?.messages).toEqual([
    {
      role: 'user',
      content: [
        { type: 'text', text: 'hi' },
        { type: 'image_url', image_url: { url: 'data:image/png;base64,AQID' } },
      ],
    },
  ]);
});

test.each([
  [
    '429 with a delay',
    'openai',
    refusal(429, { error: { code: 'rate_limit_exceeded' } }, { 'retry-after': '3' }),
    { class: 'rate_limited', retryAfterMs: 3_000, status: 429 },
  ],
  ['429 without a delay', 'openai', refusal(429), { class: 'rate_limited' }],
  ['no quota', 'openai', refusal(429, { error: { code: 'insufficient_quota' } }), { class: 'misconfigured' }],
  ['500', 'openai', refusal(500), { class: 'unavailable', status: 500 }],
  ['503', 'openai', refusal(503), { class: 'unavailable' }],
  ['401', 'openai', refusal(401), { class: 'misconfigured' }],
  ['a refusal', 'openai', completion(null, { refusal: 'I cannot' }), { class: 'refused' }],
  ['a content filter', 'openai', completion('', { finish: 'content_filter' }), { class: 'refused' }],
  ['an empty list of choices', 'openai', refusal(200, { choices: [] }), { class: 'misconfigured' }],
  ['a redirect', 'openai', refusal(302, {}, { location: 'http://127.0.0.1:1/' }), { class: 'misconfigured' }],
  ['GLM concurrency', 'glm', refusal(429, { error: { code: '1302' } }), { class: 'rate_limited' }],
  ['GLM without balance', 'glm', refusal(429, { error: { code: '1113' } }), { class: 'misconfigured' }],
  ['GLM lost under 200', 'glm', completion('half', { finish: 'network_error' }), { class: 'unavailable' }],
  ['GLM sensitive', 'glm', completion('', { finish: 'sensitive' }), { class: 'refused' }],
  [
    'OpenRouter error under 200',
    'openrouter',
    refusal(200, { error: { code: 502, message: 'up' } }),
    { class: 'unavailable', status: 502 },
  ],
  [
    'OpenRouter without credit',
    'openrouter',
    refusal(402, { error: { code: 402 } }),
    { class: 'misconfigured' },
  ],
  ['Groq JSON', 'groq', refusal(400, { error: { code: 'json_validate_failed' } }), { kind: 'invalid' }],
] as const)('%s (%s) is classified after exactly one request', async (_, flavour, reply, expected) => {
  const stub = await openAiStub(reply);
  await expect(provider(stub.url, { flavour }).chat(ask, MODEL, never)).rejects.toMatchObject(expected);
  expect(stub.requests).toHaveLength(1);
});

test('HTML in place of JSON under 200 points at the address', async () => {
  const stub = await openAiStub(() => new Response('<html>', { headers: { 'content-type': 'text/html' } }));
  await expect(provider(stub.url).chat(ask, MODEL, never)).rejects.toMatchObject({ class: 'misconfigured' });
});

test('a server that is not running is told at once', async () => {
  const asked = provider(`${await deadUrl()}/v1`).chat(ask, MODEL, never);
  await expect(asked).rejects.toMatchObject({
    class: 'unavailable',
    message: expect.stringContaining('ECONNREFUSED'),
  });
});

test('a silent server is a timeout after one request', async () => {
  const stub = await openAiStub(silence);
  const asked = provider(stub.url, { timeoutMs: 150 }).chat(ask, MODEL, never);
  await expect(asked).rejects.toMatchObject({ kind: 'timeout', class: 'unavailable' });
  expect(stub.requests.length).toBeLessThanOrEqual(1);
});

test('an answer that stops in the middle is a timeout too', async () => {
  const stub = await openAiStub(
    () => new Response(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array([123])) })),
  );
  const asked = provider(stub.url, { timeoutMs: 150 }).chat(ask, MODEL, never);
  await expect(asked).rejects.toMatchObject({ kind: 'timeout' });
});

test('the caller who gives up gets back the own reason', async () => {
  const stub = await openAiStub(silence);
  const caller = new AbortController();
  const asked = provider(stub.url).chat(ask, MODEL, caller.signal);
  caller.abort(new Error('cancelled by the workflow'));
  await expect(asked).rejects.toThrow('cancelled by the workflow');
});

test('vectors are asked for as plain numbers, and a wrong length is refused', async () => {
  const data = [{ object: 'embedding', index: 0, embedding: [0.5, 0.25] }];
  const stub = await openAiStub(() =>
    Response.json({ object: 'list', data, usage: { prompt_tokens: 3, total_tokens: 3 } }),
  );
  const model = { provider: 'p', model: 'text-embedding-3-small', dimensions: 2 };
  const found = await provider(stub.url).embed(['a\nb'], model, never, 'c-7');
  expect(found).toEqual({ vectors: [[0.5, 0.25]], usage: { promptTokens: 3, completionTokens: 0 } });
  expect(stub.requests[0]).toMatchObject({ encoding_format: 'float', dimensions: 2, input: ['a\nb'] });
  const wrong = provider(stub.url).embed(['a'], { ...model, dimensions: 1536 }, never);
  await expect(wrong).rejects.toMatchObject({ class: 'misconfigured' });
});
