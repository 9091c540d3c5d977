import { eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { conversations, leads, requests } from '../../db/schema/index.ts';
import { conversationWorkflowId } from '../../domain/ids.ts';
import { faults } from '../../sandbox/client.ts';
import { openWaitUpdate, waitArmedSignal } from '../../workflows/kit/messages.ts';
import type { Chat } from '../support/chat.ts';
import {
  answersTo,
  beginRun,
  conversationEnded,
  handled,
  holdModels,
  metChat,
  ran,
  startConversation,
  startWithFixtures,
} from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/product.ts';

describe('a conversation lives as long as something is open, and questions have an end', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startWithFixtures({
      name: 'conversation-life',
      timing: { workingOnItMs: 60_000, quietMs: 1_000, amendWindowMs: 1 },
    });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const executions = async (chat: Chat) => {
    const id = conversationWorkflowId(await chat.conversationId());
    const found: { runId: string; status: string }[] = [];
    for await (const { runId, status } of product.temporal.workflow.list({
      query: `WorkflowId = "${id}"`,
    })) {
      found.push({ runId, status: status.name });
    }
    return found;
  };
  const stored = async (chat: Chat) => {
    const [row] = await product.db
      .select()
      .from(conversations)
      .where(eq(conversations.chatId, String(chat.id)));
    return row;
  };
  const requestsOf = async (chat: Chat) =>
    product.db
      .select()
      .from(requests)
      .where(eq(requests.conversationId, await chat.conversationId()));

  it('it ends after a quiet time with its mark stored, and goes on behind it', async () => {
    const chat = product.chat();
    await chat.say('Где А1;?');
    await chat.hears('А1;');
    expect(await conversationEnded(product, chat)).toBe('COMPLETED');
    expect(await stored(chat)).toMatchObject({ handledNumber: 1, lastNumber: 1 });
    await chat.say('Где А2;?');
    await chat.hears('А2;');
    await handled(chat, 2);
    await chat.settled();
    expect(await answersTo(chat, ['А1;', 'А2;'])).toEqual(['А1;', 'А2;']);
    await ran(chat, ['answer', 'answer']);
  });

  it('it does not end while a question is open or a run goes on', async () => {
    const chat = product.chat();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    const other = product.chat();
    await other.say('/slow');
    await other.hears('I have begun.');
    const unclear = product.chat();
    await unclear.say('бррр фыва');
    await unclear.hears('Уточните');
    // A conversation that began later and has nothing open ends meanwhile.
    const quiet = product.chat();
    await quiet.say('/start');
    await quiet.hears('помощник');
    await conversationEnded(product, quiet);
    await chat.press('Green');
    await chat.hears('Tea: green.');
    await unclear.press('Просто ответьте на вопрос');
    await unclear.hears('фыва');
    expect((await other.view()).runs).toHaveLength(1);
    await other.say('/cancel');
    await other.hears('Отменено');
    await conversationEnded(product, other);
    await conversationEnded(product, chat);
  });

  it('a turn is amended only for a while', async () => {
    const chat = product.chat();
    const models = await holdModels(product);
    await chat.say('Где Б1;?');
    await models.parked();
    await chat.say('Где Б2;?');
    await eventually('the second to wait', async () => (await chat.view()).next.length === 1);
    await models.release();
    await chat.hears('Б1;');
    await chat.hears('Б2;');
    expect(await chat.said()).toHaveLength(2);
  });

  it('a run that fails apologises once, with a number, and the next message is answered', async () => {
    const chat = product.chat();
    await chat.say('/failing');
    const apology = await chat.hears('№');
    const [request] = await requestsOf(chat);
    expect(apology.text).toContain(`№${request?.number}`);
    await chat.say('Где В1;?');
    await chat.hears('В1;');
    await chat.settled();
    expect(await requestsOf(chat)).toHaveLength(1);
    expect((await chat.said()).filter((text) => text.includes('№'))).toHaveLength(1);
  });

  it('a run that was terminated apologises too', async () => {
    const chat = product.chat();
    await chat.say('/slow');
    await chat.hears('I have begun.');
    const [workflowId] = (await chat.view()).runs;
    await product.temporal.workflow.getHandle(workflowId ?? '').terminate('test');
    await chat.hears('№');
    expect(await requestsOf(chat)).toHaveLength(1);
    await conversationEnded(product, chat);
  });

  it('a message that cannot be handled blocks none behind it', async () => {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('помощник');
    // What is to be sent is refused for good, while everything else works.
    await product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      chatId: chat.id,
      contains: 'команды',
      ...faults.telegramError(400, 'Bad Request: message is too strange'),
    });
    await chat.say('/help');
    await chat.say('/status');
    await chat.hears('нет обращений');
    await chat.say('Где Г1;?');
    await chat.hears('Г1;');
    await handled(chat, 4);
  });

  describe('continuing as new', () => {
    /** A conversation that continues after every few signals. */
    async function short() {
      const chat = await metChat(product);
      await conversationEnded(product, chat);
      await startConversation(product, chat, { limits: { received: 1, events: 100_000 } });
      return chat;
    }
    const continued = (chat: Chat, times: number) =>
      eventually(`chat ${chat.id} to continue as new`, async () => {
        const all = await executions(chat);
        return all.filter(({ status }) => status === 'CONTINUED_AS_NEW').length >= times;
      });

    it('a question stays open, its reply reaches the run, and its end is learnt', async () => {
      const chat = await short();
      await chat.say('/poll');
      const asked = await chat.hears('Which tea?');
      await continued(chat, 1);
      expect((await chat.view()).waits).toHaveLength(1);
      await chat.say('1');
      await chat.hears('One word');
      await continued(chat, 2);
      await chat.press({
        data: asked.buttons?.flat()[1]?.data ?? '',
        messageId: asked.messageId ?? 0,
      });
      await chat.hears('Tea: black.');
      await eventually('the end to be learnt', async () => (await chat.view()).runs.length === 0);
      expect(await conversationEnded(product, chat)).toBe('COMPLETED');
    });

    it('a run that asks nothing is learnt to have ended, and to have failed', async () => {
      const chat = await short();
      await chat.say('/slow');
      await chat.hears('I have begun.');
      await chat.say('Где Д1;?');
      await chat.hears('Д1;');
      await continued(chat, 1);
      const workflowId = (await chat.view()).runs.find((id) => id.startsWith('slow'));
      await product.temporal.workflow.getHandle(workflowId ?? '').cancel();
      await chat.hears('остановлена с нашей стороны');
      await eventually('the end to be learnt', async () => (await chat.view()).runs.length === 0);
      await chat.say('/slow');
      await chat.hears('I have begun.');
      await chat.say('Где Д2;?');
      await chat.hears('Д2;');
      await continued(chat, 2);
      const second = (await chat.view()).runs.find((id) => id.startsWith('slow'));
      await product.temporal.workflow.getHandle(second ?? '').terminate('test');
      // Nobody reports a terminated run: it is missed when the chat has been quiet for a while.
      await chat.hears('№');
      await conversationEnded(product, chat);
    });

    it('every message of a long chat is answered once and in order', async () => {
      const chat = await short();
      const asked = Array.from({ length: 8 }, (_, i) => `Е${i};`);
      for (const mark of asked) {
        await chat.say(`Где ${mark}?`);
        await chat.hears(mark);
      }
      await handled(chat, 9);
      await chat.settled();
      await continued(chat, 3);
      expect(await answersTo(chat, asked)).toEqual(asked);
    });
  });

  it('a lead is reminded of once, and what was told is kept when time is up', async () => {
    const chat = await metChat(product);
    await beginRun(product, chat, 'lead', {
      input: { name: 'Анна', need: 'кухня' },
      timing: { askReminderMs: 500, askTimeoutMs: 4_000 },
    });
    await chat.hears('номер');
    await chat.hears('Напомню о вопросе');
    await chat.hears('№');
    await chat.run('lead', 'succeeded');
    const [lead] = await product.db
      .select()
      .from(leads)
      .where(eq(leads.conversationId, await chat.conversationId()));
    expect(lead).toMatchObject({ status: 'partial', name: 'Анна', phone: null });
    expect((await chat.said()).filter((text) => text.includes('Напомню'))).toHaveLength(1);
    expect((await chat.view()).waits).toEqual([]);
    await chat.say('Где Ж1;?');
    await chat.hears('Ж1;');
  });

  it('a reply to the reminder is a reply', async () => {
    const chat = await metChat(product);
    await beginRun(product, chat, 'poll', { timing: { askReminderMs: 700, askTimeoutMs: 60_000 } });
    await chat.hears('Напомню о вопросе');
    await chat.say('black');
    await chat.hears('Tea: black.');
  });

  it('a reply that its run no longer waits for is given back, and answered as a message', async () => {
    const chat = product.chat();
    await chat.say('/slow');
    await chat.hears('I have begun.');
    const workflowId = (await chat.view()).runs[0] ?? '';
    // As the conversation sees it in the moment in which the run's own time runs out.
    const conversation = product.temporal.workflow.getHandle(
      conversationWorkflowId(await chat.conversationId()),
    );
    const wait = { waitId: 'stale', workflowId, choices: 0, expiresAt: Date.now() + 60_000, consumed: [] };
    await conversation.executeUpdate(openWaitUpdate, { args: [wait] });
    await conversation.signal(waitArmedSignal, { waitId: 'stale', platformId: '0' });
    await chat.say('Где З1;?');
    await chat.hears('З1;');
    await handled(chat, 2);
    expect((await chat.view()).waits).toEqual([]);
  });
});
