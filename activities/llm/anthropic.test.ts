import { expect, test } from 'vitest';
import { createAnthropicProvider } from './anthropic.ts';
import { deadUrl, openAiStub, providerSettings, type Reply, refusal, silence } from './stub-servers.ts';

const never = new AbortController().signal;
const MODEL = { provider: 'p', model: 'claude-sonnet-4-5-20250929' };
const ask = { messages: [{ role: 'user' as const, content: 'hi' }] };
const schema = {
  name: 'thing',
  json: {
    type: 'object',
    properties: { a: { type: 'string' } },
    required: ['a'],
    additionalProperties: false,
  },
};

const message =
  (
    content: unknown[],
    stop_reason = 'end_turn',
    usage: object = { input_tokens: 100, output_tokens: 10 },
  ): Reply =>
  () =>
    Response.json({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: 'm',
      content,
      stop_reason,
      usage,
    });
const text = (words: string, stopReason?: string): Reply =>
  message([{ type: 'text', text: words }], stopReason);
const fault = (status: number, type: string, words = 'you said: 8 701 000 00 00', headers = {}): Reply =>
  refusal(status, { type: 'error', error: { type, message: words }, request_id: 'req_1' }, headers);

/** A server, and the provider that is configured to ask it. */
async function served(replies: Reply[], settings: Record<string, unknown> = {}) {
  const stub = await openAiStub(...replies);
  const provider = createAnthropicProvider(
    'p',
    providerSettings({
      kind: 'anthropic',
      baseUrl: stub.url.replace(/\/v1$/, ''),
      apiKeyEnv: 'KEY',
      structured: 'tool',
      timeoutMs: 2_000,
      ...settings,
    }),
  );
  return { stub, provider };
}

test('one request: key, version, correlation id; answer, finish and usage come back', async () => {
  const { stub, provider } = await served([text('Hello', 'max_tokens')]);
  const answer = await provider.chat({ ...ask, maxTokens: 7, correlationId: 'c-7' }, MODEL, never);
  expect(answer).toEqual({
    text: 'Hello',
    finish: 'length',
    usage: { promptTokens: 100, completionTokens: 10 },
  });
  expect(stub.headers[0]?.get('x-api-key')).toBe('k-1');
  expect(stub.headers[0]?.get('anthropic-version')).toBe('2023-06-01');
  expect(stub.headers[0]?.get('x-correlation-id')).toBe('c-7');
  expect(stub.headers[0]?.get('authorization')).toBeNull();
  expect(stub.requests[0]).toEqual({
    model: MODEL.model,
    max_tokens: 7,
    messages: [{ role: 'user', content: [{ type: 'text', text: 'hi' }] }],
  });
});

test('instructions go apart from what was said, sides take turns, and the customer is first', async () => {
  const { stub, provider } = await served([text('x')]);
  const messages = [
    { role: 'system' as const, content: 'Be kind.' },
    { role: 'assistant' as const, content: 'Hello!' },
    { role: 'user' as const, content: 'one' },
    { role: 'user' as const, content: 'two' },
    { role: 'assistant' as const, content: ' ' },
  ];
  await provider.chat({ messages }, { ...MODEL, maxTokens: 50 }, never);
  const [body] = stub.requests;
  expect(body).toMatchObject({ system: 'Be kind.', max_tokens: 50 });
  const said = body?.messages as { role: string; content: { text: string }[] }[];
  expect(said.map(({ role, content }) => [role, content.map((block) => block.text).join('|')])).toEqual([
    ['user', '[earlier messages are left out]'],
    ['assistant', 'Hello!'],
    ['user', 'one|two'],
  ]);
});

test('a limit is always sent, a temperature only where there is one, and never above 1', async () => {
  const { stub, provider } = await served([text('x')], { extraBody: { top_k: 5 } });
  await provider.chat(ask, MODEL, never);
  await provider.chat({ ...ask, temperature: 1.7 }, MODEL, never);
  await provider.chat({ ...ask, temperature: 0.5 }, { ...MODEL, temperature: 'unset' }, never);
  expect(stub.requests.map((body) => body.temperature)).toEqual([undefined, 1, undefined]);
  expect(stub.requests[0]).toMatchObject({ top_k: 5, max_tokens: expect.any(Number) });
});

test('JSON is asked for as the input of a tool that must be used, and comes back as text', async () => {
  const { stub, provider } = await served([
    message(
      [
        { type: 'text', text: 'Let me see.' },
        { type: 'tool_use', id: 't', name: 'thing', input: { a: 'b' } },
      ],
      'tool_use',
    ),
  ]);
  const answer = await provider.chat({ ...ask, schema }, MODEL, never);
  expect(answer).toMatchObject({ text: '{"a":"b"}', finish: 'stop' });
  expect(stub.requests[0]).toMatchObject({
    tools: [{ name: 'thing', input_schema: schema.json }],
    tool_choice: { type: 'tool', name: 'thing' },
  });
});

test('told to enforce the schema, it does where the schema is closed, else the schema stands in the prompt', async () => {
  const { stub, provider } = await served([text('{}')], { structured: 'json_schema' });
  await provider.chat({ ...ask, schema }, MODEL, never);
  await provider.chat(
    { ...ask, schema: { name: 't', json: { ...schema.json, required: [] } } },
    MODEL,
    never,
  );
  expect(stub.requests[0]).toMatchObject({
    output_config: { format: { type: 'json_schema', schema: schema.json } },
  });
  expect(stub.requests[0]).not.toHaveProperty('system');
  expect(stub.requests[1]).not.toHaveProperty('output_config');
  expect(stub.requests[1]?.system).toContain('JSON Schema');
});

test('images stand with the last thing that the customer said', async () => {
  const { stub, provider } = await served([text('a cat')]);
  const images = [{ data: new Uint8Array([1, 2, 3]), mediaType: 'image/png' }];
  await provider.chat({ ...ask, images }, MODEL, never);
  expect(stub.requests[0]?.messages).toMatchObject([
    {
      content: [
        { type: 'text' },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: 'AQID' } },
      ],
    },
  ]);
});

test('tokens read from a cache and written to it are tokens of the prompt', async () => {
  const usage = {
    input_tokens: 1,
    cache_creation_input_tokens: 20,
    cache_read_input_tokens: 300,
    output_tokens: 4,
  };
  const { provider } = await served([message([{ type: 'text', text: 'x' }], 'end_turn', usage)]);
  expect((await provider.chat(ask, MODEL, never)).usage).toEqual({ promptTokens: 321, completionTokens: 4 });
});

test.each<[string, Reply, object]>([
  [
    '429 with a delay',
    fault(429, 'rate_limit_error', 'x', { 'retry-after': '3' }),
    { class: 'rate_limited', retryAfterMs: 3_000, status: 429 },
  ],
  ['529', fault(529, 'overloaded_error'), { class: 'unavailable', status: 529 }],
  ['500', fault(500, 'api_error'), { class: 'unavailable' }],
  ['504', fault(504, 'timeout_error'), { class: 'unavailable' }],
  ['401', fault(401, 'authentication_error'), { class: 'misconfigured' }],
  ['402', fault(402, 'billing_error'), { class: 'misconfigured' }],
  ['403', fault(403, 'permission_error'), { class: 'misconfigured' }],
  ['404', fault(404, 'not_found_error'), { class: 'misconfigured' }],
  ['413', fault(413, 'request_too_large'), { class: 'refused' }],
  ['a bad request', fault(400, 'invalid_request_error'), { class: 'refused' }],
  [
    'a prompt that is too long',
    fault(400, 'invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum'),
    { class: 'refused', message: expect.stringContaining('longer than the context') },
  ],
  [
    'no credit',
    fault(400, 'invalid_request_error', 'Your credit balance is too low to access the API.'),
    { class: 'misconfigured' },
  ],
  [
    'a temperature that the model does not take',
    fault(400, 'invalid_request_error', '`temperature` may only be set to 1.'),
    { class: 'misconfigured' },
  ],
  ['a gateway in between', () => new Response('<html>', { status: 502 }), { class: 'unavailable' }],
  ['HTML under 200', () => new Response('<html>'), { class: 'misconfigured', status: 200 }],
  ['an error under 200', fault(200, 'overloaded_error'), { class: 'unavailable' }],
  ['a refusal', text('', 'refusal'), { class: 'refused' }],
])('%s is classified after exactly one request, and nobody is quoted', async (_, reply, expected) => {
  const { stub, provider } = await served([reply]);
  const error = await provider.chat(ask, MODEL, never).catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ name: 'LlmError', ...expected });
  expect(String(error)).not.toMatch(/701|html|k-1/);
  expect(stub.requests).toHaveLength(1);
});

test('a server that is not running is told at once, one that says nothing is a timeout', async () => {
  const dead = await served([], { baseUrl: await deadUrl() });
  await expect(dead.provider.chat(ask, MODEL, never)).rejects.toMatchObject({
    class: 'unavailable',
    unsent: true,
    message: expect.stringContaining('ECONNREFUSED'),
  });
  const silent = await served([silence], { timeoutMs: 150 });
  await expect(silent.provider.chat(ask, MODEL, never)).rejects.toMatchObject({ kind: 'timeout' });
});

test('the caller who gives up gets back the own reason', async () => {
  const { provider } = await served([silence]);
  const caller = new AbortController();
  const asked = provider.chat(ask, MODEL, caller.signal);
  caller.abort(new Error('cancelled by the workflow'));
  await expect(asked).rejects.toThrow('cancelled by the workflow');
});

test('it has no embeddings and says so without asking', async () => {
  const { stub, provider } = await served([text('x')]);
  await expect(provider.embed(['a'], MODEL, never)).rejects.toMatchObject({ class: 'misconfigured' });
  expect(stub.requests).toHaveLength(0);
});
