import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { type LlmBudgets, sizeOf } from './budget.ts';
import { CONTEXT, llmAt, never, outcomes } from './llm.fixture.ts';
import { completion, deadUrl, openAiStub, type Reply, refusal, silence } from './stub-servers.ts';

const ASK = { role: 'main' as const, messages: [{ role: 'user' as const, content: 'Сколько?' }] };

/** A budget in memory that behaves like the one in the database. */
function purse(left: number) {
  const asked: { micros: number | null; tokens: number }[] = [];
  const settled: { micros: number; tokens: number }[] = [];
  let held = 0;
  let spent = 0;
  const budgets: LlmBudgets = {
    limits: () => true,
    reserve: async ({ micros, tokens }) => {
      asked.push({ micros, tokens });
      const most = micros ?? Number.POSITIVE_INFINITY;
      if (spent + held + most > left) return { refused: 'all' };
      held += most;
      return {
        settle: async (cost) => {
          held -= most;
          spent += cost.micros;
          settled.push(cost);
        },
      };
    },
  };
  return { budgets, asked, settled, spent: () => spent };
}

function llmUnder(at: Record<string, string>, budgets: LlmBudgets, rest: object = {}, provider = {}) {
  const prices = { 'glm/m': { input: 1_000_000, output: 2_000_000 }, 'openai/m': { input: 0, output: 0 } };
  return llmAt({ at, budgets, rest: { chain: { maxPasses: 1 }, prices, ...rest }, provider });
}

test('the most that a call can cost is set aside before it, and what it has cost is settled after', async () => {
  const glm = await openAiStub(completion('ok'));
  const { budgets, asked, settled } = purse(1_000_000);
  const { llm } = llmUnder({ glm: glm.url }, budgets);
  await llm.chat({ ...ASK, maxTokens: 50 }, CONTEXT, never);
  // 15 bytes of text and what is added to a message; 50 tokens of answer at twice the price.
  expect(asked).toEqual([{ micros: 31 + 100, tokens: 31 + 50 }]);
  expect(settled).toEqual([{ micros: 100 + 20, tokens: 110 }]);
});

test('an answer that nobody has limited is limited, because its cost must have an end', async () => {
  const glm = await openAiStub(completion('ok'));
  const { llm } = llmUnder({ glm: glm.url }, purse(1_000_000).budgets);
  await llm.chat(ASK, CONTEXT, never);
  expect(glm.requests[0]?.max_tokens).toBe(4_000);
});

test('what a call can cost is never less than what it sends: text, schema, pictures', () => {
  const image = { data: new Uint8Array(1), mediaType: 'image/png' };
  const plain = sizeOf(ASK);
  expect(plain.promptTokens).toBeGreaterThanOrEqual(Buffer.byteLength('Сколько?'));
  const json = z.toJSONSchema(z.object({ a: z.string() })) as Record<string, unknown>;
  const shaped = sizeOf({ ...ASK, schema: { name: 's', json } });
  expect(shaped.promptTokens).toBeGreaterThan(plain.promptTokens + JSON.stringify(json).length);
  expect(sizeOf({ ...ASK, images: [image, image] }).promptTokens).toBeGreaterThan(plain.promptTokens + 5_000);
});

test('without enough left a paid provider is passed over, and a free one and a local one still answer', async () => {
  const glm = await openAiStub(completion('paid'));
  const openai = await openAiStub(completion('free'));
  const house = await openAiStub(completion('local'));
  const { budgets, asked } = purse(10);
  const free = llmUnder({ glm: glm.url, openai: openai.url }, budgets);
  expect((await free.llm.chat(ASK, CONTEXT, never)).text).toBe('free');
  expect(outcomes(free.rows)).toEqual(['glm over_budget', 'openai ok']);
  expect(free.rows[0]).toMatchObject({
    costMicros: 0,
    error: expect.stringMatching(/budget all has not enough/),
  });
  expect(asked).toHaveLength(2);
  const local = llmUnder({ glm: glm.url, house: house.url }, budgets);
  expect((await local.llm.chat(ASK, CONTEXT, never)).text).toBe('local');
  expect(asked).toHaveLength(3);
  expect(glm.requests).toHaveLength(0);
  expect(house.requests[0]).not.toHaveProperty('max_tokens');
});

test('a budget that is used up ends the chain at once, without a pause, and opens no circuit', async () => {
  const glm = await openAiStub(completion('paid'));
  const { llm, rows } = llmUnder({ glm: glm.url }, purse(10).budgets, {
    chain: { maxPasses: 3 },
    breaker: { failures: 1 },
  });
  await expect(llm.chat(ASK, CONTEXT, never)).rejects.toMatchObject({
    name: 'ProviderError',
    class: 'refused',
  });
  expect(rows).toHaveLength(1);
  expect(await llm.health(never)).toEqual([
    { provider: 'glm', local: false, circuit: 'closed', reachable: true },
  ]);
});

test('calls at the same time never spend more together than there is', async () => {
  const glm = await openAiStub(completion('ok'));
  const { budgets, spent } = purse(700);
  const { llm } = llmUnder({ glm: glm.url }, budgets);
  const asked = Array.from({ length: 12 }, () => llm.chat({ ...ASK, maxTokens: 50 }, CONTEXT, never));
  const done = (await Promise.allSettled(asked)).filter(({ status }) => status === 'fulfilled').length;
  expect(done).toBeGreaterThan(0);
  expect(spent()).toBe(done * 120);
  expect(spent()).toBeLessThanOrEqual(700);
});

const LOST: [string, Reply | 'gone', boolean][] = [
  ['a refusal with a status', refusal(400), false],
  ['a limit of the provider', refusal(429), false],
  ['a server that is not there', 'gone', false],
  ['silence', silence, true],
  ['content that was refused after it was made', completion('', { finish: 'content_filter' }), true],
];
test.each(LOST)('%s: what was set aside is given back unless it may be billed', async (_, reply, billed) => {
  const url = reply === 'gone' ? `${await deadUrl()}/v1` : (await openAiStub(reply)).url;
  const { budgets, asked, settled } = purse(1_000_000);
  const { llm } = llmUnder({ glm: url }, budgets, {}, reply === silence ? { timeoutMs: 300 } : {});
  await expect(llm.chat({ ...ASK, maxTokens: 50 }, CONTEXT, never)).rejects.toThrow();
  expect(settled).toEqual([billed ? asked[0] : { micros: 0, tokens: 0 }]);
});

test('a caller who gives up may have to pay all the same', async () => {
  const glm = await openAiStub(silence);
  const { budgets, asked, settled } = purse(1_000_000);
  const { llm } = llmUnder({ glm: glm.url }, budgets);
  const caller = new AbortController();
  const answer = llm.chat(ASK, CONTEXT, caller.signal);
  answer.catch(() => undefined);
  await vi.waitFor(() => expect(glm.requests).toHaveLength(1));
  caller.abort(new Error('cancelled'));
  await expect(answer).rejects.toThrow('cancelled');
  expect(settled).toEqual(asked);
});

test('a model without a price is not asked under a budget of money, and the reason is told', async () => {
  const glm = await openAiStub(completion('paid'));
  const { llm, rows } = llmUnder({ glm: glm.url }, purse(1_000_000).budgets, {
    prices: { 'openai/m': { input: 0, output: 0 } },
  });
  await expect(llm.chat(ASK, CONTEXT, never)).rejects.toThrow(/has no price/);
  expect(rows[0]).toMatchObject({ outcome: 'over_budget' });
});

test('a budget that cannot be looked at lets nothing paid through', async () => {
  const glm = await openAiStub(completion('paid'));
  const house = await openAiStub(completion('local'));
  const budgets: LlmBudgets = { limits: () => true, reserve: () => Promise.reject(new Error('no database')) };
  const { llm, rows } = llmUnder({ glm: glm.url, house: house.url }, budgets);
  expect((await llm.chat(ASK, CONTEXT, never)).text).toBe('local');
  expect(outcomes(rows)).toEqual(['glm over_budget', 'house ok']);
});
