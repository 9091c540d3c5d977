import { expect, onTestFinished, test, vi } from 'vitest';
import { z } from 'zod';
import type { CallRecord, LlmClock, LlmLedger } from './contract.ts';
import { createLlm } from './llm.ts';
import {
  completion,
  deadUrl,
  ollamaStub,
  openAiStub,
  type Reply,
  refusal,
  silence,
  spoken,
  testSettings,
} from './stub-servers.ts';

const never = new AbortController().signal;
const CONTEXT = {
  tenantId: 't-1',
  runId: 'r-1',
  workflowId: 'w-1',
  step: 'reply',
  purpose: 'answer',
  correlationId: 'c-1',
};
const SECRET = 'my phone is 8 701 000 00 00';
const ASK = { role: 'main' as const, messages: [{ role: 'user' as const, content: SECRET }] };
const Intent = { name: 'intent', schema: z.object({ process: z.enum(['lead', 'answer']) }) };
const GOOD = '{"process":"lead"}';

interface Options {
  /** Name → address; `ollama` is native, all others compatible with OpenAI, `house` is local. */
  at: Record<string, string>;
  rest?: Record<string, unknown>;
  provider?: Record<string, unknown>;
  ledger?: LlmLedger;
  clock?: LlmClock;
}

function llmAt({ at, rest, provider, ledger, clock }: Options) {
  const rows: CallRecord[] = [];
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const llm = createLlm({
    settings: testSettings({
      providers: Object.fromEntries(
        Object.entries(at).map(([name, baseUrl]) => [
          name,
          {
            kind: name === 'ollama' ? 'ollama' : 'openai',
            flavour: 'openai',
            baseUrl,
            enabled: true,
            local: name === 'ollama' || name === 'house',
            timeoutMs: 2_000,
            ...provider,
          },
        ]),
      ),
      roles: { main: Object.keys(at).map((name) => ({ provider: name, model: 'm' })) },
      keys: { GLM_API_KEY: 'k', OPENAI_API_KEY: 'k' },
      rest: { prices: { 'glm/m': { input: 600_000, output: 2_200_000 } }, ...rest },
    }),
    ledger: ledger ?? { record: async (row) => void rows.push(row) },
    log,
    clock,
  });
  onTestFinished(() => llm.close());
  return { llm, rows, log };
}

/** A clock whose sleeps are over at once and written down. */
function fastClock() {
  let shift = 0;
  const naps: number[] = [];
  const clock: LlmClock = {
    now: () => Date.now() + shift,
    sleep: async (ms) => {
      naps.push(ms);
      shift += ms;
    },
  };
  return { clock, naps };
}

const outcomes = (rows: CallRecord[]) => rows.map(({ provider, outcome }) => `${provider} ${outcome}`);

test('the first provider answers, and the row says for whom, what it cost and how it ended', async () => {
  const glm = await openAiStub(completion('Hello'));
  const { llm, rows } = llmAt({ at: { glm: glm.url } });
  const result = await llm.chat(ASK, CONTEXT, never);
  expect(result).toEqual({
    text: 'Hello',
    finish: 'stop',
    provider: 'glm',
    model: 'm',
    usage: { promptTokens: 100, completionTokens: 10 },
  });
  expect(rows).toEqual([
    {
      ...CONTEXT,
      role: 'main',
      provider: 'glm',
      model: 'm',
      attempt: 1,
      promptTokens: 100,
      completionTokens: 10,
      costMicros: 82,
      currency: 'USD',
      durationMs: expect.any(Number),
      outcome: 'ok',
      startedAt: expect.any(Date),
    },
  ]);
});

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

test('JSON that fits comes back as a value', async () => {
  const glm = await openAiStub(completion(`\`\`\`json\n${GOOD}\n\`\`\``));
  const { llm } = llmAt({ at: { glm: glm.url } });
  expect((await llm.chat({ ...ASK, schema: Intent }, CONTEXT, never)).value).toEqual({ process: 'lead' });
});

test.each([
  ['no JSON', completion('I would say: lead')],
  ['the wrong JSON', completion('{"process":"war"}')],
  ['a cut answer', completion(GOOD, { finish: 'length' })],
])('%s is repaired once by the same model, which sees the fault', async (_, first) => {
  const glm = await openAiStub(first, completion(GOOD));
  const { llm, rows } = llmAt({ at: { glm: glm.url } });
  const { value } = await llm.chat({ ...ASK, schema: Intent }, CONTEXT, never);
  expect(value).toEqual({ process: 'lead' });
  expect(outcomes(rows)).toEqual(['glm invalid', 'glm ok']);
  expect(rows[0]).toMatchObject({ promptTokens: 100, costMicros: 82 });
  expect(JSON.stringify(glm.requests[1]?.messages)).toContain('That answer cannot be used');
});

test('after one failed repair the next provider gets the original question', async () => {
  const glm = await openAiStub(completion('never JSON'));
  const openai = await openAiStub(completion(GOOD));
  const { llm, rows } = llmAt({ at: { glm: glm.url, openai: openai.url } });
  expect((await llm.chat({ ...ASK, schema: Intent }, CONTEXT, never)).provider).toBe('openai');
  expect(outcomes(rows)).toEqual(['glm invalid', 'glm invalid', 'openai ok']);
  expect(JSON.stringify(openai.requests[0]?.messages)).not.toContain('cannot be used');
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

test('no more calls are in flight than a provider takes', async () => {
  let flying = 0;
  let most = 0;
  const answer = completion('ok');
  const glm = await openAiStub(async (body, signal) => {
    flying += 1;
    most = Math.max(most, flying);
    await new Promise((resolve) => setTimeout(resolve, 20));
    flying -= 1;
    return answer(body, signal);
  });
  const { llm, rows } = llmAt({ at: { glm: glm.url }, provider: { concurrency: 2 } });
  await Promise.all(Array.from({ length: 6 }, () => llm.chat(ASK, CONTEXT, never)));
  expect(most).toBe(2);
  expect(outcomes(rows)).toEqual(Array(6).fill('glm ok'));
});

test('what must stay in the house is only shown to local providers', async () => {
  const glm = await openAiStub(completion('from abroad'));
  const house = await openAiStub(completion('from the house'));
  const { llm } = llmAt({ at: { glm: glm.url, house: house.url } });
  const result = await llm.chat(ASK, { ...CONTEXT, localOnly: true }, never);
  expect(result.provider).toBe('house');
  expect(glm.requests).toHaveLength(0);
  const abroad = llmAt({ at: { glm: glm.url } });
  await expect(abroad.llm.chat(ASK, { ...CONTEXT, localOnly: true }, never)).rejects.toMatchObject({
    class: 'misconfigured',
  });
  expect(glm.requests).toHaveLength(0);
});

test('a ledger that fails costs an error in the log, not the answer', async () => {
  const glm = await openAiStub(completion('ok'));
  const ledger = { record: () => Promise.reject(new Error('no database')) };
  const { llm, log } = llmAt({ at: { glm: glm.url }, ledger });
  expect((await llm.chat(ASK, CONTEXT, never)).text).toBe('ok');
  expect(log.error).toHaveBeenCalledOnce();
  expect(log.error.mock.calls[0]?.[0]).toMatchObject({ workflowId: 'w-1', provider: 'glm', outcome: 'ok' });
});

test('a ledger that hangs holds the answer back for a bounded time only', async () => {
  const glm = await openAiStub(completion('ok'));
  const { clock } = fastClock();
  const ledger = { record: () => new Promise<void>(() => undefined) };
  const { llm, log } = llmAt({ at: { glm: glm.url }, ledger, clock });
  expect((await llm.chat(ASK, CONTEXT, never)).text).toBe('ok');
  expect(log.error).toHaveBeenCalledOnce();
});

test('at start the local models are loaded; one that cannot be is a warning', async () => {
  const ollama = await ollamaStub(spoken('x'));
  const { llm, log } = llmAt({ at: { ollama: ollama.url } });
  await llm.warmUp(never);
  expect(ollama.loads.length).toBeGreaterThan(0);
  ollama.load = refusal(404, { error: "model 'm' not found" });
  await llm.warmUp(never);
  expect(log.warn.mock.calls[0]?.[0]).toMatchObject({
    model: 'ollama/m',
    reason: expect.stringContaining('pull it'),
  });
});

test('an Ollama that does not answer is unreachable before anybody asked it', async () => {
  const { llm } = llmAt({ at: { ollama: await deadUrl() } });
  expect(await llm.health(never)).toMatchObject([
    {
      provider: 'ollama',
      circuit: 'closed',
      reachable: false,
      reason: expect.stringContaining('not running'),
    },
  ]);
});

test('vectors come from the embeddings role, with their model, and are in the ledger', async () => {
  const ollama = await ollamaStub(() => Response.json({ embeddings: [[1, 0, 0]], prompt_eval_count: 5 }));
  const rows: CallRecord[] = [];
  const llm = createLlm({
    settings: testSettings({
      providers: { ollama: { baseUrl: ollama.url, enabled: true } },
      roles: {
        main: [{ provider: 'ollama', model: 'm' }],
        embeddings: [{ provider: 'ollama', model: 'nomic-embed-text', dimensions: 3 }],
      },
    }),
    ledger: { record: async (row) => void rows.push(row) },
    log: { info: vi.fn(), warn: vi.fn(), error: vi.fn() },
  });
  onTestFinished(() => llm.close());
  expect(await llm.embed(['a'], CONTEXT, never)).toEqual({
    vectors: [[1, 0, 0]],
    dimensions: 3,
    provider: 'ollama',
    model: 'nomic-embed-text',
    usage: { promptTokens: 5, completionTokens: 0 },
  });
  expect(rows).toMatchObject([{ role: 'embeddings', outcome: 'ok', promptTokens: 5, costMicros: 0 }]);
});
