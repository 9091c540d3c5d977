import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { automationEvents, conversations, customers, sends } from '../../db/schema/index.ts';
import { faults, type MischiefRule } from '../../sandbox/client.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

const QUESTION = 'Сколько стоит доставка по городу?';

/** A rule without its target. */
type Fault = MischiefRule extends infer R ? (R extends MischiefRule ? Omit<R, 'service'> : never) : never;

describe('a message to a customer', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'sends-outcomes', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const onSends = (chat: Chat, fault: Fault) =>
    product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      chatId: chat.id,
      ...fault,
    } as MischiefRule);

  const requests = (chat: Chat) =>
    product.outside.calls({ service: 'telegram', method: 'sendMessage', chat: chat.id });

  /** A chat that the bot has answered once, so that only what comes later is disturbed. */
  async function known(): Promise<Chat> {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('Здравствуйте');
    return chat;
  }

  const settledSends = (chat: Chat, count: number) =>
    eventually(`${count} settled sends`, async () => {
      const rows = await chat.sends();
      const open = rows.some((row) => row.state === 'pending' || row.state === 'sending');
      return rows.length === count && !open && rows;
    });

  it('waits as long as a 429 asks, and nothing else leaves the chat meanwhile', async () => {
    const chat = await known();
    const rule = await onSends(chat, { ...faults.telegramTooMany(3), times: 1 });
    await chat.say('/help');
    await eventually('the 429', async () => (await product.outside.mischief.get(rule.id)).fired === 1);
    await chat.say('/status');
    await chat.hears('команды');
    await chat.hears('обращени');
    const [, refused, ...later] = await requests(chat);
    expect(refused?.status).toBe(429);
    expect(later.map((call) => call.status)).toEqual([200, 200]);
    const [first] = later;
    if (!refused || !first) throw new Error('Requests are missing.');
    // Telegram counts from its answer; the journal from the arrival, which is earlier.
    expect(Date.parse(first.at) - Date.parse(refused.at)).toBeGreaterThanOrEqual(3_000);
    expect((await chat.said()).length).toBe(3);
  });

  it('that a customer has blocked makes the run degraded and the customer unreachable, until the next message', async () => {
    const chat = await known();
    await product.outside.telegram.block(chat.id);
    await eventually('the notice', async () => (await unreachableSince(chat)) instanceof Date);
    await product.outside.telegram.unblock(chat.id);
    await eventually('the other notice', async () => (await unreachableSince(chat)) === null);

    await onSends(chat, { ...faults.telegramError(403, 'Forbidden: bot was blocked by the user'), times: 1 });
    await chat.say(QUESTION);
    const run = await chat.run('answer', 'degraded');
    expect(run.losses).toEqual([{ missing: 'a message to the customer (unreachable)', instead: 'nothing' }]);
    expect(await unreachableSince(chat)).toBeInstanceOf(Date);
    const before = (await requests(chat)).length;
    await chat.say('/help');
    await chat.hears('команды');
    expect(await unreachableSince(chat)).toBeNull();
    expect((await requests(chat)).length).toBe(before + 1);
  });

  it('whose markup is refused arrives as plain text', async () => {
    const chat = await known();
    await onSends(chat, { ...faults.telegramMarkup(), contains: 'entities', times: 1 });
    await say(chat, 'Вот **важное** слово и [ссылка](https://example.com/a)');
    await chat.hears('важное');
    expect((await chat.run('answer', 'succeeded')).losses).toEqual([]);
    const sent = (await chat.messages()).at(-1);
    expect(sent?.text).toContain('https://example.com/a');
    expect(sent?.entities ?? []).toEqual([]);
  });

  it('that is refused otherwise is final: it is not asked for again', async () => {
    const chat = await known();
    await onSends(chat, faults.telegramError(400, 'Bad Request: something new'));
    await chat.say(QUESTION);
    expect((await chat.run('answer', 'degraded')).losses).toHaveLength(1);
    const rows = await settledSends(chat, 2);
    expect(rows.at(-1)).toMatchObject({ state: 'refused', reason: 'other', attempts: 1 });
  });

  it('waits for a platform that refuses connections, and arrives once', async () => {
    const chat = await known();
    const back = await product.outside.mischief.takeDown('telegram');
    await chat.say('/help');
    await eventually('a failed attempt', async () =>
      (await chat.sends()).some((row) => row.attempts >= 2 && row.state === 'pending' && row.error !== null),
    );
    await back();
    await chat.hears('команды');
    await settledSends(chat, 2);
    expect(await chat.said()).toHaveLength(2);
  });

  const unclear: [string, Fault, arrived: boolean][] = [
    ['whose answer is lost', { kind: 'lose_answer', times: 1 }, true],
    ['that is answered with a 5xx', { kind: 'status', status: 502, effect: true, times: 1 }, true],
    ['whose answer cannot be read', { kind: 'malformed', times: 1 }, true],
    ['whose connection is cut before it is known', { kind: 'lose_request', times: 1 }, false],
    ['that stalls', { kind: 'stall', times: 1 }, false],
  ];
  it.for(unclear)(
    '%s is unknown: shown, never repeated, and no obstacle to what follows',
    async ([, fault, arrived]) => {
      const chat = await known();
      const rule = await onSends(chat, fault);
      await chat.say(QUESTION);
      await eventually('the fault', async () => (await product.outside.mischief.get(rule.id)).fired === 1);
      await chat.say('/help');
      await chat.hears('команды');
      const run = await chat.run('answer', 'degraded');
      expect(run.losses).toEqual([
        { missing: 'certainty that a message arrived', instead: 'the ledger of sends settles it' },
      ]);
      const detail = (await (await product.api(`/api/v1/runs/${run.runId}`)).json()) as {
        status: string;
        sends: { state: string; attempts: number; reason: string; error: string }[];
      };
      expect(detail.status).toBe('degraded');
      expect(detail.sends).toHaveLength(1);
      expect(detail.sends[0]).toMatchObject({ state: 'unknown', attempts: 1, reason: 'unknown' });
      expect(detail.sends[0]?.error).not.toBe('');
      expect(await requests(chat)).toHaveLength(3);
      expect(await chat.said()).toHaveLength(arrived ? 3 : 2);
      const events = await product.db
        .select()
        .from(automationEvents)
        .where(eq(automationEvents.subject, run.workflowId));
      expect(events.map((event) => event.eventType)).toContain('send.unknown');
    },
  );

  it('that is long arrives in several chunks, in order, formatted', async () => {
    const chat = await known();
    await chat.say('Ответь подробно: как проходит заказ?');
    await chat.hears('Конец подробного ответа');
    await chat.run('answer', 'succeeded');
    const chunks = (await chat.messages()).filter((m) => m.direction === 'out').slice(1);
    expect(chunks.length).toBeGreaterThan(2);
    expect(chunks.every((chunk) => (chunk.text ?? '').length <= 4096)).toBe(true);
    const parts = chunks.flatMap((chunk) =>
      [...(chunk.text ?? '').matchAll(/Часть (\d) /g)].map((m) => m[1]),
    );
    expect([...new Set(parts)]).toEqual(['1', '2', '3', '4', '5', '6', '7', '8', '9']);
    expect(chunks.some((chunk) => chunk.entities?.some((entity) => entity.type === 'bold'))).toBe(true);
  });

  it('that is unclear in the middle of a long answer does not hold back the rest', async () => {
    const chat = await known();
    await onSends(chat, { kind: 'lose_answer', after: 1, times: 1 });
    await chat.say('Ответь подробно: как проходит заказ?');
    await chat.hears('Конец подробного ответа');
    await chat.run('answer', 'degraded');
    const states = (await chat.sends()).slice(1).map((row) => row.state);
    expect(states.filter((state) => state === 'unknown')).toHaveLength(1);
    expect(states[1]).toBe('unknown');
    expect(states.at(-1)).toBe('sent');
    expect(await chat.said()).toHaveLength((await chat.sends()).length);
  });

  it('whose sender died on the way becomes unknown, and what follows it is sent', async () => {
    const chat = await known();
    const [last] = await chat.sends();
    if (!last) throw new Error('Nothing was sent.');
    const { ordinal: _, id: _id, ...row } = last;
    const createdAt = new Date();
    await product.db
      .insert(sends)
      .values({ ...row, key: 'died/1', state: 'sending', attempts: 1, channelMessageId: null, createdAt });
    await chat.say('/help');
    await chat.hears('команды');
    const died = (await chat.sends()).find((send) => send.key === 'died/1');
    expect(died).toMatchObject({ state: 'unknown', attempts: 1 });
    expect(await chat.said()).toHaveLength(2);
  });

  it('is a numbered request when the models answer nothing that could be shown', async () => {
    const chat = await known();
    await say(chat, '\u200b\u2060');
    await chat.hears('№');
    await chat.run('answer', 'degraded');
  });

  /** Lets every model answer exactly this to a question. */
  async function say(chat: Chat, text: string): Promise<void> {
    for (const service of ['ollama', 'openai'] as const) {
      await product.outside.mischief.add({ service, kind: 'say', text, contains: 'You answer customers' });
    }
    await chat.say(QUESTION);
  }

  /** Since when the customer of this chat cannot be reached. */
  async function unreachableSince(chat: Chat): Promise<Date | null | undefined> {
    const [row] = await product.db
      .select({ since: customers.unreachableSince })
      .from(conversations)
      .innerJoin(customers, eq(customers.id, conversations.customerId))
      .where(eq(conversations.chatId, String(chat.id)));
    return row?.since;
  }
});
