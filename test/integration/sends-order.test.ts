import { and, eq, gte } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { sends } from '../../db/schema/index.ts';
import { faults } from '../../sandbox/client.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

const SLOW_MS = 120;

describe('workers that speak in the same chats', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'sends-order', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  /** Everything recorded in this chat has been sent. */
  const sent = (chat: Chat, messages: number) =>
    eventually(`${messages} messages in chat ${chat.id}`, async () => {
      const rows = await chat.sends();
      return (
        new Set(rows.map((row) => row.key)).size === messages &&
        rows.every((row) => row.state === 'sent') &&
        rows
      );
    });

  it('send one after the other in each chat, nothing twice, and never mix the parts of two messages', async () => {
    const second = await product.start(['worker']);
    await product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      kind: 'delay',
      ms: SLOW_MS,
    });
    const chats = Array.from({ length: 3 }, () => product.chat());
    await Promise.all(
      chats.map(async (chat) => {
        // A run with a long answer, a run that records a request, and the conversation itself.
        await chat.say('Ответь подробно: как проходит заказ?');
        await chat.say('/human');
        await chat.say('/help');
        await chat.say('/status');
      }),
    );
    for (const chat of chats) {
      const rows = await sent(chat, 4);
      const messages = (await chat.messages()).filter((m) => m.direction === 'out');
      expect(messages).toHaveLength(rows.length);
      // As Telegram shows them: by their ids, which it gave out in the order of arrival.
      const byArrival = [...rows].sort((a, b) => Number(a.channelMessageId) - Number(b.channelMessageId));
      const keys = byArrival.map((row) => row.key);
      const changes = keys.filter((key, i) => key !== keys[i - 1]);
      expect(changes).toHaveLength(4);
      for (const key of changes) {
        const parts = byArrival.filter((row) => row.key === key).map((row) => row.part);
        expect(parts).toEqual(parts.map((_, i) => i));
      }
      const calls = await product.outside.calls({
        service: 'telegram',
        method: 'sendMessage',
        chat: chat.id,
      });
      expect(calls).toHaveLength(rows.length);
      const gaps = calls.slice(1).map((call, i) => Date.parse(call.at) - Date.parse(calls[i]?.at ?? ''));
      // The next one arrives only after the answer to the one before.
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(SLOW_MS);
    }
    await second.stop();
  });

  it('wait for chats that were told to be silent without keeping other chats waiting', async () => {
    await product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      contains: 'команды',
      ...faults.telegramTooMany(600),
    });
    // More than the worker has places for activities.
    const silent = Array.from({ length: 65 }, () => product.chat());
    await Promise.all(silent.map((chat) => chat.say('/help')));
    await eventually('every chat to be told', async () => {
      const told = await product.db
        .select({ id: sends.id })
        .from(sends)
        .where(and(eq(sends.state, 'pending'), gte(sends.attempts, 1)));
      return told.length === silent.length;
    });
    const other = product.chat();
    await other.say('/start');
    await other.hears('Здравствуйте');
    const refused = await product.outside.calls({ service: 'telegram', method: 'sendMessage' });
    expect(refused.filter((call) => call.status === 429)).toHaveLength(silent.length);
  });

  it('take back what a cancelled run had not got out: it would leave before the next message', async () => {
    const chat = product.chat();
    await product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      chatId: chat.id,
      ...faults.telegramTooMany(600),
    });
    await chat.say('/lead');
    const question = await eventually('the question to be held back', async () =>
      (await chat.sends()).find((send) => send.state === 'pending' && send.attempts > 0),
    );
    await product.temporal.workflow.getHandle(question.workflowId).cancel();
    await eventually('the question to be taken back', async () =>
      (await chat.sends()).some(
        ({ id, state, reason }) => id === question.id && state === 'refused' && reason === 'withdrawn',
      ),
    );
  });
});
