import { expect, test, vi } from 'vitest';
import { ASK, CONTEXT, fastClock, llmAt, never, outcomes } from './llm.fixture.ts';
import {
  completion,
  deadUrl,
  ollamaStub,
  openAiStub,
  type Reply,
  refusal,
  silence,
  spoken,
} from './stub-servers.ts';

const FAILURES: [string, Reply, string][] = [
  ['429', refusal(429), 'rate_limited'],
  ['500', refusal(500), 'unavailable'],
  ['503', refusal(503), 'unavailable'],
  ['401', refusal(401), 'misconfigured'],
  ['400', refusal(400), 'refused'],
  ['no quota', refusal(429, { error: { code: 'insufficient_quota' } }), 'misconfigured'],
  ['an error under 200', refusal(200, { error: { code: 502 } }), 'unavailable'],
  ['an empty answer', completion('  '), 'invalid'],
  ['thoughts only', completion('<think>hm'), 'invalid'],
];

test.each(FAILURES)(
  '%s from one provider: the next one answers, and both rows are there',
  async (_, reply, outcome) => {
    const glm = await openAiStub(reply);
    const openai = await openAiStub(completion('from the second'));
    const { llm, rows } = llmAt({ at: { glm: glm.url, openai: openai.url } });
    const result = await llm.chat(ASK, CONTEXT, never);
    expect(result).toMatchObject({ text: 'from the second', provider: 'openai' });
    expect(outcomes(rows)).toEqual([`glm ${outcome}`, 'openai ok']);
    expect(rows.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(glm.requests).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain('701');
  },
);

test.each(['silent', 'gone'] as const)('a %s Ollama is left for the next provider', async (state) => {
  const ollama = await ollamaStub(silence);
  ollama.loaded.add('m');
  const glm = await openAiStub(completion('ok'));
  const { llm, rows } = llmAt({
    at: { ollama: state === 'gone' ? await deadUrl() : ollama.url, glm: glm.url },
    provider: { timeoutMs: 200 },
  });
  expect((await llm.chat(ASK, CONTEXT, never)).provider).toBe('glm');
  expect(outcomes(rows)).toEqual([state === 'gone' ? 'ollama unavailable' : 'ollama timeout', 'glm ok']);
});

test('a loading model is waited for when nobody else can answer', async () => {
  const ollama = await ollamaStub(spoken('awake'));
  const { load } = ollama;
  ollama.load = async (body, signal) => {
    await new Promise((resolve) => setTimeout(resolve, 400));
    return load(body, signal);
  };
  const { llm, rows } = llmAt({ at: { ollama: ollama.url }, provider: { timeoutMs: 200 } });
  expect((await llm.chat(ASK, CONTEXT, never)).text).toBe('awake');
  expect(outcomes(rows)).toEqual(['ollama ok']);
});

test('a loading model is left for another that answers, without counting against its circuit', async () => {
  const ollama = await ollamaStub(spoken('awake'));
  ollama.load = silence;
  const glm = await openAiStub(completion('meanwhile'));
  const { llm, rows } = llmAt({
    at: { ollama: ollama.url, glm: glm.url },
    rest: { chain: { turnBudgetMs: 1_500 }, breaker: { failures: 1 } },
  });
  expect((await llm.chat(ASK, CONTEXT, never)).text).toBe('meanwhile');
  expect(outcomes(rows)).toEqual(['ollama unavailable', 'glm ok']);
  expect(rows[0]?.error).toMatch(/still loading/);
  const [health] = await llm.health(never);
  expect(health).toMatchObject({ provider: 'ollama', circuit: 'closed', reachable: true });
});

test('all down: three passes, then an error that names every provider and no customer', async () => {
  const glm = await openAiStub(refusal(503));
  const { clock, naps } = fastClock();
  const { llm, rows } = llmAt({ at: { ollama: await deadUrl(), glm: glm.url }, clock });
  const error = await llm.chat(ASK, CONTEXT, never).catch((found: unknown) => found);
  expect(error).toMatchObject({
    name: 'ProviderError',
    class: 'unavailable',
    message: expect.stringMatching(/ollama\/m: .*not running.*glm\/m: .*503/),
  });
  expect(String(error)).not.toContain('701');
  expect(outcomes(rows)).toEqual(Array(3).fill(['ollama unavailable', 'glm unavailable']).flat());
  expect(naps.slice(0, 2)).toEqual([510, 1_010]);
});

test('providers that refused for good are not asked again', async () => {
  const glm = await openAiStub(refusal(401));
  const openai = await openAiStub(refusal(400));
  const { clock } = fastClock();
  const { llm, rows } = llmAt({ at: { glm: glm.url, openai: openai.url }, clock });
  await expect(llm.chat(ASK, CONTEXT, never)).rejects.toMatchObject({ class: 'refused' });
  expect(outcomes(rows)).toEqual(['glm misconfigured', 'openai refused']);
});

test('only those that may recover take part in the next pass', async () => {
  const glm = await openAiStub(refusal(401));
  const openai = await openAiStub(refusal(503), completion('recovered'));
  const { clock } = fastClock();
  const { llm, rows } = llmAt({ at: { glm: glm.url, openai: openai.url }, clock });
  expect((await llm.chat(ASK, CONTEXT, never)).text).toBe('recovered');
  expect(outcomes(rows)).toEqual(['glm misconfigured', 'openai unavailable', 'openai ok']);
});

test('the pause between passes is the shortest that a provider asked for', async () => {
  const glm = await openAiStub(refusal(429, {}, { 'retry-after': '9' }));
  const openai = await openAiStub(refusal(429, {}, { 'retry-after': '4' }), completion('ok'));
  const { clock, naps } = fastClock();
  const { llm, rows } = llmAt({ at: { glm: glm.url, openai: openai.url }, clock });
  expect((await llm.chat(ASK, CONTEXT, never)).provider).toBe('openai');
  expect(naps[0]).toBe(4_010);
  expect(outcomes(rows)).toEqual([
    'glm rate_limited',
    'openai rate_limited',
    'glm circuit_open',
    'openai ok',
  ]);
});

test('a pause longer than the rest of the budget is not begun', async () => {
  const glm = await openAiStub(refusal(429, {}, { 'retry-after': '120' }));
  const { clock } = fastClock();
  const { llm, rows } = llmAt({ at: { glm: glm.url }, clock });
  const asked = llm.chat(ASK, CONTEXT, never);
  await expect(asked).rejects.toMatchObject({ class: 'rate_limited', retryAfterMs: 120_000 });
  expect(rows).toHaveLength(1);
});

test('the turn ends when its budget is spent, even inside an answer', async () => {
  const glm = await openAiStub(silence);
  const { llm, rows } = llmAt({ at: { glm: glm.url }, rest: { chain: { turnBudgetMs: 200 } } });
  await expect(llm.chat(ASK, CONTEXT, never)).rejects.toMatchObject({
    name: 'ProviderError',
    class: 'unavailable',
    message: expect.stringContaining('glm had not answered'),
  });
  expect(outcomes(rows)).toEqual(['glm timeout']);
});

test('a caller who cancels gets back the own reason, and the row says so', async () => {
  const glm = await openAiStub(silence);
  const { llm, rows } = llmAt({ at: { glm: glm.url } });
  const caller = new AbortController();
  const asked = llm.chat(ASK, CONTEXT, caller.signal);
  asked.catch(() => undefined);
  await vi.waitFor(() => expect(glm.requests).toHaveLength(1));
  caller.abort(new Error('cancelled by the workflow'));
  await expect(asked).rejects.toThrow('cancelled by the workflow');
  expect(outcomes(rows)).toEqual(['glm cancelled']);
});

test('a provider that fails repeatedly is left alone, then probed, then trusted again', async () => {
  const { clock } = fastClock();
  const glm = await openAiStub(refusal(500));
  const openai = await openAiStub(completion('second'));
  const { llm, rows } = llmAt({
    at: { glm: glm.url, openai: openai.url },
    rest: { breaker: { failures: 2, openMs: 30_000 } },
    clock,
  });
  for (let i = 0; i < 3; i += 1) await llm.chat(ASK, CONTEXT, never);
  expect(outcomes(rows).filter((row) => row.startsWith('glm'))).toEqual([
    'glm unavailable',
    'glm unavailable',
    'glm circuit_open',
  ]);
  expect(glm.requests).toHaveLength(2);
  expect(await llm.health(never)).toMatchObject([
    { provider: 'glm', circuit: 'open', reachable: false, reason: expect.stringContaining('500') },
    { provider: 'openai', circuit: 'closed', reachable: true },
  ]);
  glm.replies.splice(0, glm.replies.length, completion('back'));
  await clock.sleep(30_000, never);
  expect((await llm.chat(ASK, CONTEXT, never)).text).toBe('back');
  expect((await llm.health(never))[0]).toEqual({
    provider: 'glm',
    local: false,
    circuit: 'closed',
    reachable: true,
  });
});

test('with every circuit open the turn ends at once instead of waiting', async () => {
  const { clock, naps } = fastClock();
  const glm = await openAiStub(refusal(500));
  const { llm, rows } = llmAt({ at: { glm: glm.url }, rest: { breaker: { failures: 1 } }, clock });
  await expect(llm.chat(ASK, CONTEXT, never)).rejects.toThrow();
  rows.length = 0;
  naps.length = 0;
  await expect(llm.chat(ASK, CONTEXT, never)).rejects.toMatchObject({ class: 'unavailable' });
  expect(outcomes(rows)).toEqual(['glm circuit_open']);
  // The wait for the ledger is the only one.
  expect(naps.filter((ms) => ms !== 2_000)).toEqual([]);
});
