import { and, asc, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { leads, llmCalls, requests } from '../../db/schema/index.ts';
import { faults, type MischiefRule } from '../../sandbox/client.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

/** The chain of the role `main`, in order, each with where the sandbox serves it. */
const CHAIN = [
  { name: 'ollama', model: 'qwen3:30b', target: { service: 'ollama', method: 'chat' } },
  { name: 'glm', model: 'glm-4.6', target: { service: 'openai', path: '/glm/*' } },
  { name: 'openai', model: 'gpt-4.1', target: { service: 'openai', path: '/openai/*' } },
] as const;

const FAULTS = {
  'fails inside': { kind: 'status', status: 500 },
  stalls: { kind: 'stall' },
  'loses its answer': { kind: 'lose_answer' },
  'cuts its answer': { kind: 'truncate' },
  'answers nothing that parses': { kind: 'malformed' },
  'reports an error in a success': { kind: 'error_in_body' },
  'answers nothing': { kind: 'say', text: '' },
  'only thinks aloud': { kind: 'say', text: '<think>The customer wants' },
  'refuses the key': faults.openAiError(401, 'Incorrect API key provided: sk-secret-key-1234567890'),
  /** Last, because its provider is left alone for that second. */
  'answers 429': { kind: 'status', status: 429, headers: { 'retry-after': '1' } },
} as const;

const OUTCOMES: Record<keyof typeof FAULTS, string | RegExp> = {
  'fails inside': 'unavailable',
  stalls: 'timeout',
  'answers 429': 'rate_limited',
  'loses its answer': 'unavailable',
  'cuts its answer': 'unavailable',
  /** A page where an API was expected may as well be a wrong address. */
  'answers nothing that parses': /^(unavailable|misconfigured)$/,
  'reports an error in a success': 'unavailable',
  'answers nothing': 'invalid',
  'only thinks aloud': 'invalid',
  'refuses the key': 'misconfigured',
};

const QUESTION = 'Сколько стоит доставка по городу?';

describe('models that fail', () => {
  let product: Product;
  beforeAll(async () => {
    // Long for a provider that answers at once, also on a busy machine; short for one that stalls.
    const impatient = { timeoutMs: 1_500 };
    product = await startProduct({
      name: 'models-fail',
      timing: { workingOnItMs: 60_000 },
      config: {
        llm: {
          providers: { ollama: { ...impatient, loadTimeoutMs: 1_700 }, glm: impatient, openai: impatient },
          chain: { maxPasses: 1, turnBudgetMs: 10_000 },
          // Each test meets the providers as if nothing had happened before.
          breaker: { failures: 10_000 },
        },
      },
    });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  /** Only what is asked for an answer fails; what the customer means is still understood. */
  const failAnswering = (provider: (typeof CHAIN)[number], fault: object) =>
    product.outside.mischief.add({
      ...provider.target,
      contains: 'You answer customers',
      ...fault,
    } as MischiefRule);

  const failAll = async (fault: object) => {
    for (const { target } of CHAIN)
      await product.outside.mischief.add({ ...target, ...fault } as MischiefRule);
  };

  async function calls(workflowId: string, purpose: string) {
    return product.db
      .select()
      .from(llmCalls)
      .where(and(eq(llmCalls.workflowId, workflowId), eq(llmCalls.purpose, purpose)))
      .orderBy(asc(llmCalls.attempt));
  }

  it('that refuse connections are passed over', async () => {
    const back = await product.outside.mischief.takeDown('ollama');
    const chat = product.chat();
    await chat.say(QUESTION);
    await chat.hears('доставка');
    await back();
    const run = await chat.run('answer', 'succeeded');
    const rows = await calls(run.workflowId, 'answer');
    expect(rows.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ['ollama', 'unavailable'],
      ['glm', 'ok'],
    ]);
  });

  it('that load longer than the customer can wait are passed over', async () => {
    await product.outside.llm.models({ loadMs: 30_000, unloadAll: true });
    const chat = product.chat();
    await chat.say(QUESTION);
    await chat.hears('доставка', 25_000);
    await product.outside.llm.models({ loadMs: 0, unloadAll: true });
    const run = await chat.run('answer', 'succeeded');
    const rows = await calls(run.workflowId, 'answer');
    expect(rows.at(-1)).toMatchObject({ provider: 'glm', outcome: 'ok' });
    expect(rows[0]).toMatchObject({ provider: 'ollama' });
    expect(rows[0]?.outcome).not.toBe('ok');
  });

  it('that babble where JSON was asked are asked to repair it once, then passed over', async () => {
    await product.outside.mischief.add({ service: 'ollama', kind: 'nonsense' });
    const chat = product.chat();
    await chat.say('Хочу купить диван, меня зовут Олег, +7 701 222 00 11');
    await chat.hears('принята');
    const run = await chat.run('lead', 'succeeded');
    const rows = await calls(run.workflowId, 'lead');
    expect(rows.map(({ provider, outcome }) => [provider, outcome])).toEqual([
      ['ollama', 'invalid'],
      ['ollama', 'invalid'],
      ['glm', 'ok'],
    ]);
  });

  it('all of them: a question is a numbered request, and the customer is told', async () => {
    await failAll(FAULTS['fails inside']);
    const chat = product.chat();
    await chat.say(QUESTION);
    const said = await chat.hears(/не могу ответить.*№\d+/s);
    const run = await chat.run('answer', 'degraded');
    expect(run.losses).toEqual([
      { missing: 'an answer of a model', instead: 'a numbered request for a person' },
    ]);
    const [request] = await product.db.select().from(requests).where(eq(requests.key, run.workflowId));
    expect(request).toMatchObject({ kind: 'unanswered', status: 'open' });
    expect(said.text).toContain(`№${request?.number}`);
    expect((await calls(run.workflowId, 'answer')).map((row) => row.provider)).toEqual(
      CHAIN.map((p) => p.name),
    );
  });

  it('all of them: a lead is understood and read by rules, and reaches the CRM', async () => {
    await failAll(FAULTS['fails inside']);
    const chat = product.chat();
    await chat.say('Хочу заказать шкаф, меня зовут Анна, 8 701 765 43 21');
    await chat.hears('принята');
    const run = await chat.run('lead', 'degraded');
    expect(run.losses).toEqual([{ missing: 'a model to read the message', instead: 'rules read it' }]);
    const [lead] = await product.db.select().from(leads).where(eq(leads.key, run.workflowId));
    expect(lead).toMatchObject({ name: 'Анна', phone: '+77017654321', status: 'complete' });
    await chat.run('crm_push', 'succeeded');
  });

  it('that were cut off are read out as far as they came, with a note', async () => {
    await failAnswering(CHAIN[0], { kind: 'cut_output', chars: 40 });
    const chat = product.chat();
    await chat.say(QUESTION);
    await chat.hears('Ответ получился длинным и оборвался');
    await chat.run('answer', 'succeeded');
    expect(await chat.said()).toHaveLength(1);
  });

  it('that answer in JSON with buttons and links are shown with both', async () => {
    await failAnswering(CHAIN[0], {
      kind: 'say',
      text: JSON.stringify({
        text: 'Доставка **бесплатная**.',
        buttons: ['Оформить'],
        links: [{ title: 'Условия', url: 'https://example.com/terms' }],
      }),
    });
    const chat = product.chat();
    await chat.say(QUESTION);
    const said = await chat.hears('Доставка бесплатная.');
    expect(said.buttons?.flat()).toMatchObject([{ text: 'Оформить' }, { text: 'Условия' }]);
    await chat.run('answer', 'succeeded');

    // What the model called its button is said by whoever presses it.
    await product.outside.mischief.clear();
    await chat.press('Оформить');
    await eventually('the pressed words to be understood', async () =>
      (await product.outside.llm.requests()).some(
        ({ messages }) => messages.at(-1)?.content.includes('Оформить') && messages.length === 2,
      ),
    );
  });

  it('keep neither keys nor addresses in what is written down about them', async () => {
    await failAll(faults.openAiError(401, 'Incorrect API key provided: sk-secret-key-1234567890'));
    const chat = product.chat();
    await chat.say(QUESTION);
    const run = await chat.run('answer', 'degraded');
    const rows = await calls(run.workflowId, 'answer');
    const text = JSON.stringify(rows);
    expect(text).not.toContain('sk-secret-key');
    expect(text).not.toContain('http://');
  });

  const hows = Object.keys(FAULTS) as (keyof typeof FAULTS)[];

  /** Those before it fail inside, it fails in its way; what the chain wrote about the answer. */
  async function answeredWithout(index: number, how: keyof typeof FAULTS, ends: 'succeeded' | 'degraded') {
    for (const before of CHAIN.slice(0, index)) await failAnswering(before, FAULTS['fails inside']);
    const provider = CHAIN[index] as (typeof CHAIN)[number];
    await failAnswering(provider, FAULTS[how]);
    const chat = product.chat();
    await chat.say(QUESTION);
    await chat.hears(ends === 'succeeded' ? 'доставка' : '№');
    const run = await chat.run('answer', ends);
    const rows = await calls(run.workflowId, 'answer');
    expect(rows.map((row) => row.attempt)).toEqual(rows.map((_, i) => i + 1));
    const failed = rows[index];
    expect(failed).toMatchObject({ provider: provider.name, model: provider.model, role: 'main' });
    expect(failed?.outcome).toMatch(OUTCOMES[how]);
    expect(failed?.error).toBeTruthy();
    return { run, rows };
  }

  describe.for(CHAIN.slice(0, -1).map(({ name }, index) => ({ name, index })))('$name', ({ index }) => {
    it.for(hows)('%s: the next one answers', async (how) => {
      const { run, rows } = await answeredWithout(index, how, 'succeeded');
      const next = CHAIN[index + 1];
      expect(rows).toHaveLength(index + 2);
      const answered = rows.at(-1);
      expect(answered).toMatchObject({
        provider: next?.name,
        model: next?.model,
        outcome: 'ok',
        currency: 'USD',
        error: null,
        correlationId: run.correlationId,
        runId: run.runId,
      });
      expect(answered?.promptTokens).toBeGreaterThan(0);
      expect(answered?.completionTokens).toBeGreaterThan(0);
      expect(answered?.costMicros).toBeGreaterThan(0);
    });
  });

  describe(`${CHAIN[2].name}, the last one`, () => {
    it.for(hows)('%s: the question becomes a request', async (how) => {
      const { run, rows } = await answeredWithout(2, how, 'degraded');
      expect(rows).toHaveLength(CHAIN.length);
      expect(run.losses).toEqual([
        { missing: 'an answer of a model', instead: 'a numbered request for a person' },
      ]);
    });
  });
});
