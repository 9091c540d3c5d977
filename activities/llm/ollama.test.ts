import { expect, test, vi } from 'vitest';
import { createOllamaProvider } from './ollama.ts';
import { deadUrl, lines, ollamaStub, providerSettings, refusal, silence, spoken } from './stub-servers.ts';

const never = new AbortController().signal;
const MODEL = { provider: 'p', model: 'qwen3:30b', numCtx: 4096 };
const ask = (text = 'hi') => ({ messages: [{ role: 'user' as const, content: text }] });

const provider = (baseUrl: string, settings: Record<string, unknown> = {}) =>
  createOllamaProvider(
    'ollama',
    providerSettings({ kind: 'ollama', baseUrl, timeoutMs: 2_000, ...settings }),
  );

async function loadedStub(...replies: Parameters<typeof ollamaStub>) {
  const stub = await ollamaStub(...replies);
  stub.loaded.add(MODEL.model);
  return stub;
}

test('an answer is streamed, with thinking off, the pinned context and the counters', async () => {
  const stub = await loadedStub(spoken('Сәлем, Аида!'));
  const answer = await provider(stub.url, { extraBody: { keep_alive: '1h' } }).chat(
    { ...ask(), maxTokens: 50, temperature: 0.2, correlationId: 'c-7' },
    MODEL,
    never,
  );
  expect(answer).toEqual({
    text: 'Сәлем, Аида!',
    finish: 'stop',
    usage: { promptTokens: 31, completionTokens: 12 },
  });
  expect(stub.requests[0]).toMatchObject({
    model: 'qwen3:30b',
    stream: true,
    think: false,
    keep_alive: '1h',
    options: { num_ctx: 4096, num_predict: 50, temperature: 0.2 },
  });
  expect(stub.headers[0]?.get('x-correlation-id')).toBe('c-7');
});

test('a schema constrains the answer and stands in the prompt', async () => {
  const stub = await loadedStub(spoken('{}'));
  const json = { type: 'object' };
  await provider(stub.url).chat({ ...ask(), schema: { name: 's', json } }, MODEL, never);
  expect(stub.requests[0]?.format).toEqual(json);
  expect(JSON.stringify(stub.requests[0]?.messages)).toContain('JSON Schema');
});

test('images go as bytes with the last user message', async () => {
  const stub = await loadedStub(spoken('a cat'));
  const images = [{ data: new Uint8Array([1, 2, 3]), mediaType: 'image/png' }];
  await provider(stub.url).chat({ ...ask(), images }, MODEL, never);
  expect(stub.requests[0]?.messages).toEqual([{ role: 'user', content: 'hi', images: ['AQID'] }]);
});

test('a cut answer says so', async () => {
  const stub = await loadedStub(spoken('{"a":', 'length'));
  expect((await provider(stub.url).chat(ask(), MODEL, never)).finish).toBe('length');
});

test.each([
  ['a missing model', refusal(404, { error: "model 'x' not found" }), 'misconfigured', 404],
  ['a full queue', refusal(503, { error: 'server busy' }), 'unavailable', 503],
  ['too little memory', refusal(500, { error: 'requires more system memory' }), 'unavailable', 500],
  ['an error line', lines({ message: { content: 'a' } }, { error: 'runner died' }), 'unavailable', 200],
  ['a garbled line', lines({ message: { content: 'a' } }, '{"mess'), 'unavailable', undefined],
  ['an early end', lines({ message: { content: 'a' }, done: false }), 'unavailable', undefined],
  ['a closed runner', spoken('half', ''), 'unavailable', undefined],
  ['HTML', refusal(502, '<html>'), 'unavailable', 502],
])('%s is classified, and nothing of it printed', async (_, reply, expected, status) => {
  const stub = await loadedStub(reply);
  await expect(provider(stub.url).chat(ask(), MODEL, never)).rejects.toMatchObject({
    name: 'LlmError',
    class: expected,
    status,
  });
});

test('a server that is not running is told at once', async () => {
  await expect(provider(await deadUrl()).chat(ask(), MODEL, never)).rejects.toMatchObject({
    class: 'unavailable',
    message: expect.stringContaining('is not running'),
  });
});

test('a server that accepts and never answers is dead, not loading', async () => {
  const stub = await ollamaStub(spoken('x'));
  stub.ps = silence;
  const asked = provider(stub.url, { timeoutMs: 100 }).chat(ask(), MODEL, never);
  await expect(asked).rejects.toMatchObject({ kind: 'timeout' });
});

test('a model that is not in memory is loaded first, and the time of the answer starts after that', async () => {
  const stub = await ollamaStub(spoken('ready'));
  const answer = await provider(stub.url).chat(ask(), MODEL, never);
  expect(answer.text).toBe('ready');
  expect(stub.loads).toHaveLength(1);
  expect(stub.loads[0]).toMatchObject({ model: MODEL.model, options: { num_ctx: 4096 } });
});

test('a load outlives the caller who gave up, and the next caller joins it', async () => {
  const stub = await ollamaStub(spoken('ready'));
  const { load } = stub;
  let finish = (): void => undefined;
  let broken = false;
  stub.load = async (body, signal) => {
    signal.addEventListener('abort', () => {
      broken = true;
    });
    await new Promise<void>((resolve) => {
      finish = resolve;
    });
    return load(body, signal);
  };
  const ollama = provider(stub.url, { timeoutMs: 500 });
  await expect(ollama.chat({ ...ask(), loadWaitMs: 50 }, MODEL, never)).rejects.toMatchObject({
    kind: 'loading',
    class: 'unavailable',
  });
  const second = ollama.chat(ask(), MODEL, never);
  await vi.waitFor(() => expect(stub.loads).toHaveLength(1));
  finish();
  expect((await second).text).toBe('ready');
  expect(broken).toBe(false);
  expect(stub.loads).toHaveLength(1);
});

test('once the wait for a load is used up, later callers do not wait again', async () => {
  const stub = await ollamaStub(spoken('ready'));
  stub.load = silence;
  const ollama = provider(stub.url);
  const wait = { ...ask(), loadWaitMs: 30 };
  await expect(ollama.chat(wait, MODEL, never)).rejects.toMatchObject({ kind: 'loading' });
  await expect(ollama.chat(wait, MODEL, never)).rejects.toMatchObject({ kind: 'loading' });
  await ollama.close();
});

test('the load limit ends a load that never does', async () => {
  const stub = await ollamaStub(spoken('ready'));
  stub.load = silence;
  const asked = provider(stub.url, { loadTimeoutMs: 50 }).chat(ask(), MODEL, never);
  await expect(asked).rejects.toMatchObject({ class: 'unavailable' });
});

test('a failed load reaches the caller with its class', async () => {
  const stub = await ollamaStub(spoken('ready'));
  stub.load = refusal(404, { error: "model 'x' not found" });
  await expect(provider(stub.url).chat(ask(), MODEL, never)).rejects.toMatchObject({
    class: 'misconfigured',
  });
});

test('a loaded model that is silent is a timeout', async () => {
  const stub = await loadedStub(silence);
  const asked = provider(stub.url, { timeoutMs: 100 }).chat(ask(), MODEL, never);
  await expect(asked).rejects.toMatchObject({ kind: 'timeout', class: 'unavailable' });
});

test('a gateway without /api/ps does not stand in the way', async () => {
  const stub = await ollamaStub(spoken('ready'));
  stub.ps = refusal(404);
  expect((await provider(stub.url).chat(ask(), MODEL, never)).text).toBe('ready');
  expect(stub.loads).toHaveLength(0);
});

test('the caller who gives up gets back the own reason', async () => {
  const stub = await loadedStub(silence);
  const caller = new AbortController();
  const asked = provider(stub.url).chat(ask(), MODEL, caller.signal);
  caller.abort(new Error('cancelled by the workflow'));
  await expect(asked).rejects.toThrow('cancelled by the workflow');
});

test('a key and a login in the address become headers', async () => {
  const stub = await loadedStub(spoken('x'));
  await provider(stub.url.replace('http://', 'http://user:pass@')).chat(ask(), MODEL, never);
  expect(stub.headers[0]?.get('authorization')).toBe(`Basic ${btoa('user:pass')}`);
  await provider(stub.url, { apiKeyEnv: 'KEY' }).chat(ask(), MODEL, never);
  expect(stub.headers[1]?.get('authorization')).toBe('Bearer k-1');
});

test('vectors come in order, and a wrong length is refused', async () => {
  const stub = await loadedStub(() =>
    Response.json({
      embeddings: [
        [1, 0],
        [0, 1],
      ],
      prompt_eval_count: 4,
    }),
  );
  const ollama = provider(stub.url);
  const found = await ollama.embed(['a', 'b'], { ...MODEL, dimensions: 2 }, never);
  expect(found).toEqual({
    vectors: [
      [1, 0],
      [0, 1],
    ],
    usage: { promptTokens: 4, completionTokens: 0 },
  });
  const wrong = ollama.embed(['a', 'b'], { ...MODEL, dimensions: 768 }, never);
  await expect(wrong).rejects.toMatchObject({ class: 'misconfigured' });
  await expect(ollama.embed(['a'], MODEL, never)).rejects.toMatchObject({ class: 'misconfigured' });
});
