import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { toEnvelope } from '../../activities/store/envelope.ts';
import { inboundBetween } from '../../db/queries/conversations.ts';
import { messages } from '../../db/schema/index.ts';
import type { Envelope } from '../../domain/envelope.ts';
import { conversationWorkflowId } from '../../domain/ids.ts';
import { conversationStart } from '../../workers/desk.ts';
import type { conversation } from '../../workflows/index.ts';
import { inboundSignal } from '../../workflows/kit/messages.ts';
import type { Chat } from '../support/chat.ts';
import { answersTo, handled, holdModels } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Product, startProduct } from '../support/product.ts';

/** A question that the sandbox model repeats in its answer. */
const question = (mark: string) => `Где ${mark}?`;
const marks = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index + 1};`);

describe('messages of a chat keep their order, whatever order they come in', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'conversation-order', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  /** Everything that was asked is answered once, and in the order of asking. */
  async function expectAnswered(chat: Chat, asked: readonly string[]) {
    await handled(chat, asked.length);
    await chat.settled();
    const answered = await eventually(`all answers in chat ${chat.id}`, async () => {
      const found = await answersTo(chat, asked);
      return found.length >= asked.length && found;
    });
    expect(answered).toEqual(asked);
  }

  const envelopes = async (chat: Chat): Promise<Envelope[]> =>
    (await inboundBetween(product.db, await chat.conversationId(), 0, 1_000, 100)).map((row) =>
      toEnvelope(row),
    );

  it('an update delivered again, at once and later, is answered once', async () => {
    const chat = product.chat();
    const { updateId } = await chat.say(question('A1;'));
    await product.outside.telegram.redeliver(updateId);
    await expectAnswered(chat, ['A1;']);
    await product.outside.telegram.redeliver(updateId);
    await chat.say(question('A2;'));
    await expectAnswered(chat, ['A1;', 'A2;']);
  });

  it('updates delivered backwards and all at once lose nothing and double nothing', async () => {
    const chats = [product.chat(), product.chat(), product.chat()];
    await product.outside.telegram.pauseDelivery();
    const asked = marks('B', 4);
    for (const mark of asked) for (const chat of chats) await chat.say(question(mark));
    await product.outside.telegram.resumeDelivery({ order: 'reverse', concurrently: true });
    for (const chat of chats) {
      await handled(chat, asked.length);
      await chat.settled();
      const said = await eventually('all answers', async () => {
        const found = await answersTo(chat, asked);
        return found.length >= asked.length && found;
      });
      // Their numbers are the order of storing: what the platform delivered first.
      const stored = (await envelopes(chat)).map((e) => e.messageId);
      const rows = await product.db.select().from(messages);
      const inOrder = stored.map((id) => rows.find((r) => r.id === id)?.content ?? '');
      expect(said).toEqual(inOrder.map((text) => asked.find((mark) => text.includes(mark))));
    }
  });

  it('the same updates through two replicas of the API at once are one message each', async () => {
    const port = await freePort();
    const replica = await product.start(['api'], { port });
    try {
      const chat = product.chat();
      const asked = marks('C', 5);
      await product.outside.telegram.pauseDelivery();
      const sent = [];
      for (const mark of asked) sent.push(await chat.say(question(mark)));
      const url = `http://127.0.0.1:${port}/webhooks/telegram/default`;
      await Promise.all([
        product.outside.telegram.resumeDelivery(),
        ...sent.flatMap(({ updateId }) => [
          product.outside.telegram.redeliverTo(updateId, url),
          product.outside.telegram.redeliverTo(updateId, url),
        ]),
      ]);
      await handled(chat, asked.length);
      await chat.settled();
      const said = await eventually('all answers', async () => {
        const found = await answersTo(chat, asked);
        return found.length >= asked.length && found;
      });
      expect([...said].sort()).toEqual(asked);
      expect((await chat.view()).mark).toBe(asked.length);
    } finally {
      await replica.stop();
    }
  });

  it('thirty messages to six chats within a moment: each answered once, each chat in order', async () => {
    const chats = Array.from({ length: 6 }, () => product.chat());
    const asked = marks('D', 5);
    for (const mark of asked) await Promise.all(chats.map((chat) => chat.say(question(mark))));
    for (const chat of chats) await expectAnswered(chat, asked);
  });

  it('commands are answered in the order they were given, also those that have to look something up', async () => {
    const chat = product.chat();
    for (const command of ['/help', '/status', '/help', '/cancel', '/start']) await chat.say(command);
    const said = await eventually('five answers', async () => {
      const all = await chat.said();
      return all.length >= 5 && all;
    });
    expect(said).toHaveLength(5);
    expect(said[0]).toEqual(said[2]);
    expect(new Set([said[0], said[1], said[3], said[4]]).size).toBe(4);
    const keys = (await chat.sends()).map((send) => send.key.split('/').at(-1));
    expect(keys).toEqual(['help', 'status', 'help', 'cancel', 'start']);
  });

  it('signals that come late, twice, in the wrong order and from nowhere change nothing', async () => {
    const chat = product.chat();
    const asked = marks('E', 3);
    for (const mark of asked) {
      await chat.say(question(mark));
      await chat.hears(mark);
    }
    await chat.settled();
    const all = await envelopes(chat);
    const handle = product.temporal.workflow.getHandle(conversationWorkflowId(await chat.conversationId()));
    await handle.signal(inboundSignal, [...all].reverse());
    for (const envelope of all) await handle.signal(inboundSignal, [envelope]);
    await chat.say(question('E4;'));
    await expectAnswered(chat, [...asked, 'E4;']);
  });

  it('a message whose signal never came is fetched from the database when the next one comes', async () => {
    const chat = product.chat();
    const models = await holdModels(product);
    const asked = marks('F', 4);
    // Signalled to nobody: the rows are marked as if another replica had just died after marking them.
    await product.outside.telegram.pauseDelivery();
    for (const mark of asked) await chat.say(question(mark));
    await product.outside.telegram.resumeDelivery();
    await models.parked();
    const conversationId = await chat.conversationId();
    await eventually('all messages to be stored', async () => (await envelopes(chat)).length === 4);
    const handle = product.temporal.workflow.getHandle(conversationWorkflowId(conversationId));
    await handle.terminate('test');
    await models.release();
    const last = (await envelopes(chat)).at(-1) as Envelope;
    await product.temporal.workflow.signalWithStart<typeof conversation, [Envelope[]]>('conversation', {
      ...conversationStart(conversationId, {
        taskQueue: product.settings.temporal.taskQueue,
        timing: product.settings.timing,
      }),
      signal: inboundSignal,
      signalArgs: [[last]],
    });
    await expectAnswered(chat, asked);
  });
});
