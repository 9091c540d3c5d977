import { expect, test } from 'vitest';
import { z } from 'zod';
import { ASK, CONTEXT, fastClock, llmAt, llmWith, never, outcomes } from './llm.fixture.ts';
import {
  completion,
  deadUrl,
  ollamaStub,
  openAiStub,
  refusal,
  spoken,
  testSettings,
} from './stub-servers.ts';

const Intent = { name: 'intent', schema: z.object({ process: z.enum(['lead', 'answer']) }) };
const GOOD = '{"process":"lead"}';

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
  const { llm, rows } = llmWith(
    testSettings({
      providers: { ollama: { baseUrl: ollama.url, enabled: true } },
      roles: {
        main: [{ provider: 'ollama', model: 'm' }],
        embeddings: [{ provider: 'ollama', model: 'nomic-embed-text', dimensions: 3 }],
      },
    }),
  );
  expect(await llm.embed(['a'], CONTEXT, never)).toEqual({
    vectors: [[1, 0, 0]],
    dimensions: 3,
    provider: 'ollama',
    model: 'nomic-embed-text',
    usage: { promptTokens: 5, completionTokens: 0 },
  });
  expect(rows).toMatchObject([{ role: 'embeddings', outcome: 'ok', promptTokens: 5, costMicros: 0 }]);
});
