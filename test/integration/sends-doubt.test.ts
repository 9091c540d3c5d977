import { randomUUID } from 'node:crypto';
import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { automationEvents, messages } from '../../db/schema/index.ts';
import { faults, type MischiefRule } from '../../sandbox/client.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

interface Shown {
  id: string;
  state: string;
  text: string;
  channel_message_id: string | null;
  resolution: string | null;
  resolved_by: string | null;
  if_unknown: string;
  possibly_repeated: boolean;
  waits_for: string | null;
  doubt: { found: string | null; looks: number; answer: string | null; candidates: number | null } | null;
}

describe('a send of which nobody knows whether it arrived', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      name: 'sends-doubt',
      timing: { workingOnItMs: 60_000 },
      config: { sends: { lookAfterMs: 200, looks: 2 }, alarms: { checkMs: 500 } },
    });
  });
  afterAll(() => product.stop());
  afterEach(async () => {
    await product.outside.mischief.clear();
    await product.outside.telegram.limitEditing(48 * 3_600_000);
  });

  const fault = (chat: Chat, rule: object) =>
    product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      chatId: chat.id,
      times: 1,
      ...rule,
    } as MischiefRule);
  const edits = (chat: Chat) =>
    product.outside.calls({ service: 'telegram', method: 'editMessageText', chat: chat.id });

  /** A customer who is known, and has been answered. */
  async function known(): Promise<Chat> {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('Здравствуйте');
    await chat.settled();
    return chat;
  }
  async function say(chat: Chat, text: string, more: object = {}): Promise<void> {
    const answer = await product.api(`/api/v1/conversations/${await chat.conversationId()}/messages`, {
      method: 'POST',
      headers: { 'idempotency-key': randomUUID() },
      body: JSON.stringify({ text, ...more }),
    });
    expect(answer.status).toBe(202);
  }
  async function shown(chat: Chat, text: string): Promise<Shown | undefined> {
    const answer = await product.api(`/api/v1/sends?conversation_id=${await chat.conversationId()}`);
    return ((await answer.json()) as { sends: Shown[] }).sends.find((send) => send.text === text);
  }
  const becomes = (chat: Chat, text: string, what: string, fits: (send: Shown) => boolean) =>
    eventually(`"${text}" to be ${what}`, async () => {
      const send = await shown(chat, text);
      return send !== undefined && fits(send) && send;
    });
  /** After the last look, whatever was found at each. */
  const leftToAPerson = (chat: Chat, text: string, found: string) =>
    becomes(
      chat,
      text,
      `left to a person: ${found}`,
      (send) => send.waits_for === 'person' && send.doubt?.found === found,
    );
  const count = async (chat: Chat, text: string) =>
    (await chat.said()).filter((said) => said === text).length;

  it('is found where it must be, once something came after it: nothing is sent again, nothing is changed', async () => {
    const chat = await known();
    const other = await known();
    await fault(chat, { kind: 'lose_answer' });
    await say(chat, 'Ваш заказ готов.', { if_unknown: 'person' });
    await becomes(chat, 'Ваш заказ готов.', 'unknown', ({ state }) => state === 'unknown');
    // A message of another private chat is enough: the bot counts them together.
    await say(other, 'После него.');
    const found = await becomes(chat, 'Ваш заказ готов.', 'sent', ({ state }) => state === 'sent');
    expect(found).toMatchObject({
      resolution: 'delivered',
      resolved_by: 'probe',
      possibly_repeated: false,
      waits_for: null,
      doubt: { found: 'delivered', answer: 'not_modified' },
    });
    const there = (await chat.messages()).find(({ text }) => text === 'Ваш заказ готов.');
    expect(found.channel_message_id).toBe(String(there?.messageId));
    expect(there?.edited).toBeFalsy();
    expect(await count(chat, 'Ваш заказ готов.')).toBe(1);
    const transcript = await product.db
      .select()
      .from(messages)
      .where(eq(messages.conversationId, await chat.conversationId()));
    expect(transcript.filter(({ content }) => content === 'Ваш заказ готов.')).toHaveLength(1);
  });

  it('is repeated once and marked where it is an answer and cannot be proved, and does not hold the chat', async () => {
    const chat = await known();
    await fault(chat, { kind: 'lose_request' });
    await say(chat, 'Мы ответим завтра.');
    await becomes(chat, 'Мы ответим завтра.', 'in doubt', ({ doubt }) => doubt !== null);
    await say(chat, 'И ещё одно.');
    await chat.hears('И ещё одно.');
    const again = await becomes(
      chat,
      'Мы ответим завтра.',
      'sent again',
      ({ state, possibly_repeated }) => state === 'sent' && possibly_repeated,
    );
    expect(again).toMatchObject({ resolution: 'resend', resolved_by: 'policy', if_unknown: 'repeat' });
    expect(await count(chat, 'Мы ответим завтра.')).toBe(1);
  });

  it('is asked about again after an answer that proves nothing', async () => {
    const chat = await known();
    await product.outside.mischief.add({
      service: 'telegram',
      method: 'editMessageText',
      chatId: chat.id,
      times: 1,
      ...faults.telegramError(400, 'Bad Request: message to edit not found'),
    });
    await fault(chat, { kind: 'lose_answer' });
    await say(chat, 'Заходите завтра.', { if_unknown: 'person' });
    await becomes(chat, 'Заходите завтра.', 'in doubt', ({ doubt }) => doubt !== null);
    await say(chat, 'Мы открыты.');
    const found = await becomes(chat, 'Заходите завтра.', 'sent', ({ state }) => state === 'sent');
    expect(found).toMatchObject({ resolved_by: 'probe', doubt: { found: 'delivered' } });
    expect((await edits(chat)).map(({ status }) => status)).toEqual([400, 400]);
    expect(await count(chat, 'Заходите завтра.')).toBe(1);
  });

  it('waits for a person where it names a price, with an alarm, and is settled by evidence that comes late', async () => {
    const PRICE = 'Доставка стоит 1 500 ₸.';
    const chat = await known();
    await product.outside.telegram.limitEditing(0);
    await fault(chat, { kind: 'lose_answer' });
    await say(chat, PRICE);
    await becomes(chat, PRICE, 'in doubt', ({ doubt }) => doubt !== null);
    await say(chat, 'Что-нибудь ещё?');
    await chat.hears('Что-нибудь ещё?');
    const waiting = await leftToAPerson(chat, PRICE, 'unproved');
    expect(waiting).toMatchObject({
      state: 'unknown',
      if_unknown: 'person',
      possibly_repeated: false,
      doubt: { candidates: 1 },
    });
    expect(waiting.doubt?.answer).toContain("message can't be edited");
    const alarm = async () => {
      const { alarms } = (await (await product.api('/api/v1/alarms')).json()) as {
        alarms: { kind: string; cleared_at: string | null }[];
      };
      return alarms.find(({ kind }) => kind === 'send_unknown');
    };
    await eventually('the alarm', async () => (await alarm())?.cleared_at === null);
    const metrics = await (await product.api('/metrics')).text();
    expect(metrics).toMatch(/dirigent_sends_unknown\{waits_for="person"\} [1-9]/);

    await product.outside.telegram.limitEditing(48 * 3_600_000);
    await becomes(
      chat,
      PRICE,
      'found',
      ({ state, resolved_by }) => state === 'sent' && resolved_by === 'probe',
    );
    expect(await count(chat, PRICE)).toBe(1);
    await eventually('the all-clear', async () => typeof (await alarm())?.cleared_at === 'string');
  });

  it('is not probed where another of the same chat may stand there, or somebody else sends with the token', async () => {
    const chat = await known();
    await fault(chat, { kind: 'lose_answer', times: 2 });
    await say(chat, 'Первое.', { if_unknown: 'person' });
    await say(chat, 'Второе.', { if_unknown: 'person' });
    await becomes(chat, 'Второе.', 'in doubt', ({ doubt }) => doubt !== null);
    await say(chat, 'Третье.');
    for (const text of ['Первое.', 'Второе.']) {
      expect(await leftToAPerson(chat, text, 'ambiguous')).toMatchObject({ state: 'unknown' });
    }
    const [{ tenantId = '' } = {}] = await product.db.select().from(messages).limit(1);
    await product.db.insert(automationEvents).values({
      tenantId,
      eventType: 'webhook.repaired',
      subject: 'default',
      data: { why: 'foreign' },
      actor: 'system',
      correlationId: 'test',
    });
    await fault(chat, { kind: 'lose_answer' });
    await say(chat, 'Четвёртое.', { if_unknown: 'person' });
    await becomes(chat, 'Четвёртое.', 'in doubt', ({ doubt }) => doubt !== null);
    await say(chat, 'Пятое.');
    const left = await leftToAPerson(chat, 'Четвёртое.', 'shared_account');
    expect(left).toMatchObject({ if_unknown: 'person' });
    await chat.hears('Пятое.');
    expect(await edits(chat)).toEqual([]);
    expect(await chat.said()).toEqual(expect.arrayContaining(['Первое.', 'Второе.', 'Третье.', 'Пятое.']));
  });
});
