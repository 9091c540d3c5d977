import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Chat } from '../support/chat.ts';
import {
  beginRun,
  conversationEnded,
  handled,
  holdModels,
  metChat,
  startWithFixtures,
} from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/product.ts';

const EXPIRED = 'Эта кнопка уже не действует';
const STOPPED = 'остановлена с нашей стороны';
const ALREADY = 'Ваш выбор уже принят';

describe('a question finds its reply', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startWithFixtures({
      name: 'conversation-asks',
      timing: { workingOnItMs: 60_000, quietMs: 2_000 },
    });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const begin = (chat: Chat, process: string, input: unknown = {}) =>
    beginRun(product, chat, process, { input });
  const met = () => metChat(product);
  const notice = (chat: Chat, text: string) =>
    eventually(`the notice "${text}"`, async () =>
      (await chat.transcript()).events.some((e) => e.kind === 'callback_answer' && e.text?.includes(text)),
    );

  it('in words, without regard to case', async () => {
    const chat = await met();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    await chat.say('GREEN');
    await chat.hears('Tea: green.');
    expect((await chat.run('poll', 'succeeded')).waitingOn).toBeNull();
  });

  it('by a quote, also of an older repetition', async () => {
    const chat = await met();
    await chat.say('/poll');
    const asked = await chat.hears('Which tea?');
    await chat.say('??');
    await chat.hears('One word, please.');
    await chat.say('Oolong', { replyTo: asked.messageId ?? 0 });
    await chat.hears('Tea: oolong.');
  });

  it('by a button, once, however often it is pressed', async () => {
    const chat = await met();
    await chat.say('/poll');
    const asked = await chat.hears('Which tea?');
    const data = asked.buttons?.flat()[0]?.data ?? '';
    const messageId = asked.messageId ?? 0;
    await product.outside.telegram.pauseDelivery();
    for (let i = 0; i < 3; i++) await chat.press({ data, messageId });
    await product.outside.telegram.resumeDelivery({ concurrently: true });
    await chat.hears('Tea: green.');
    await notice(chat, ALREADY);
    await handled(chat, 5);
    await chat.settled();
    expect((await chat.said()).filter((text) => text.startsWith('Tea'))).toHaveLength(1);
  });

  it("a button of a question that is over says so, and takes nobody else's place", async () => {
    const chat = await met();
    await chat.say('/poll');
    const old = await chat.hears('Which tea?');
    await chat.say('black');
    await chat.hears('Tea: black.');
    await chat.say('/poll');
    await chat.hears('Which tea?');
    await chat.press({ data: old.buttons?.flat()[0]?.data ?? '', messageId: old.messageId ?? 0 });
    await notice(chat, EXPIRED);
    await chat.press('Black');
    await chat.hears('Tea: black.');
  });

  it('callback data that is forged, or belongs to another chat, does nothing', async () => {
    const [mine, other] = [await met(), await met()];
    await mine.say('/poll');
    await mine.hears('Which tea?');
    await other.say('/poll');
    const foreign = (await other.hears('Which tea?')).buttons?.flat()[0]?.data ?? '';
    const [, wait] = foreign.split(':');
    for (const data of [
      foreign,
      `w:${wait}:0`,
      'w:zzz:0',
      'w:zzz:999',
      'lang:../..',
      'x'.repeat(64),
      'w::',
    ]) {
      await mine.press({ data });
    }
    await handled(mine, 9);
    for (const choice of [2, 999]) await other.press({ data: `w:${wait}:${choice}` });
    await handled(other, 4);
    expect((await mine.view()).waits).toHaveLength(1);
    expect((await other.view()).waits).toHaveLength(1);
    await mine.press('Black');
    await mine.hears('Tea: black.');
    await other.press('Green');
    await other.hears('Tea: green.');
  });

  it("a question of the customer's own is answered and the pending one repeated", async () => {
    const chat = await met();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    await chat.say('А где вы находитесь?');
    await chat.hears('А где вы находитесь');
    await chat.hears('Вернёмся к моему вопросу');
    await chat.say('black');
    await chat.hears('Tea: black.');
    expect((await chat.said()).filter((text) => text.includes('Which tea?'))).toHaveLength(2);
  });

  it('a wish for a person is recorded and the pending question repeated', async () => {
    const chat = await met();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    await chat.say('Позовите человека');
    await chat.hears('вам нужен человек');
    await chat.hears('Вернёмся к моему вопросу');
    await chat.press('Black');
    await chat.hears('Tea: black.');
  });

  it('a reply that cannot be read is asked again twice, with the reason', async () => {
    const chat = await met();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    for (const reply of ['1', '2']) {
      await chat.say(reply);
      await chat.hears('One word, please.\nWhich tea?');
    }
    await chat.say('3');
    await chat.hears('Tea: unclear.');
  });

  it('what was written before the question is no reply to it', async () => {
    const chat = await met();
    const rule = await product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      chatId: chat.id,
      kind: 'hold',
    });
    await chat.say('/poll');
    const held = await product.outside.mischief.waitForHeld(rule.id);
    // Its platform id is lower than that of the question, which leaves only now.
    await chat.say('Где я?');
    await eventually('the message to wait', async () => (await chat.view()).inbox.length === 1);
    await product.outside.mischief.release(held.id);
    await product.outside.mischief.remove(rule.id);
    await chat.hears('Which tea?');
    await chat.hears('Где я');
    await chat.say('black');
    await chat.hears('Tea: black.');
    expect((await chat.said()).join()).not.toContain('Вернёмся');
  });

  it('two runs asking in one chat: the second waits for its turn, until the first has ended', async () => {
    const chat = await met();
    const first = await begin(chat, 'poll', { cup: true });
    await chat.hears('Which tea?');
    const second = await begin(chat, 'poll');
    await eventually('the second to be queued', async () => (await chat.view()).queued === 1);
    await chat.say('black');
    // Between its two questions nobody else speaks.
    await chat.hears('How many cups?');
    expect((await chat.said()).filter((text) => text.includes('Which tea?'))).toHaveLength(1);
    await chat.say('2');
    await chat.hears('Tea: black, cups: 2.');
    await chat.hears('Which tea?');
    await chat.say('green');
    await chat.hears('Tea: green.');
    const outputs = await Promise.all([first.result(), second.result()]);
    expect(outputs.map(({ output }) => output.tea).sort()).toEqual(['black', 'green']);
  });

  it('the queue goes on when the run at its head is terminated, asking or waiting', async () => {
    const chat = await met();
    const first = await begin(chat, 'poll');
    await chat.hears('Which tea?');
    const second = await begin(chat, 'poll');
    await eventually('the second to be queued', async () => (await chat.view()).queued === 1);
    const third = await begin(chat, 'poll');
    await eventually('the third to be queued', async () => (await chat.view()).queued === 2);
    await second.terminate('test');
    await first.terminate('test');
    // Nobody told the conversation about a run that began elsewhere: the next message finds out.
    await chat.say('black');
    await chat.hears('Which tea?');
    await chat.press('Green');
    await chat.hears('Tea: green.');
    expect((await third.result()).output.tea).toBe('green');
  });

  it('a reply whose run was terminated is a new message', async () => {
    const chat = await met();
    const run = await begin(chat, 'poll');
    await chat.hears('Which tea?');
    await run.terminate('test');
    await chat.say('Где Ю1;?');
    await chat.hears('Ю1;');
  });

  it('a button whose run was terminated says that it is over', async () => {
    const chat = await met();
    const run = await begin(chat, 'poll');
    await chat.hears('Which tea?');
    await run.terminate('test');
    await chat.press('Green');
    await notice(chat, EXPIRED);
  });

  it('a run begun outside the chat opens a conversation that has ended', async () => {
    const chat = await met();
    await conversationEnded(product, chat);
    const run = await begin(chat, 'poll');
    await chat.hears('Which tea?');
    await chat.say('black');
    await chat.hears('Tea: black.');
    expect((await run.result()).output.tea).toBe('black');
  });

  it('a reply that is edited while the same run asks on is corrected', async () => {
    const chat = await met();
    await begin(chat, 'poll', { cup: true });
    await chat.hears('Which tea?');
    const { messageId } = await chat.say('blakc');
    await chat.hears('How many cups?');
    await chat.edit(messageId, 'black');
    await chat.hears('исправил.\nHow many cups?');
    await chat.say('3');
    await chat.hears('Tea: black, cups: 3.');
  });

  it('a reply that could not be read can be edited into one that can', async () => {
    const chat = await met();
    await begin(chat, 'poll');
    await chat.hears('Which tea?');
    const { messageId } = await chat.say('1');
    await chat.hears('One word');
    await chat.edit(messageId, 'black');
    await chat.hears('Tea: black.');
  });

  it('a second message right after a reply is not lost while the run reads the first', async () => {
    const chat = await met();
    const models = await holdModels(product);
    await begin(chat, 'poll');
    await chat.hears('Which tea?');
    await product.outside.telegram.pauseDelivery();
    await chat.say('black');
    await chat.say('Где Я1;?');
    await product.outside.telegram.resumeDelivery();
    await chat.hears('Tea: black.');
    await models.release();
    await chat.hears('Я1;');
  });

  it('/cancel stops the run that asks, and its buttons are over', async () => {
    const chat = await met();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    await chat.say('отмена');
    await chat.hears('Отменено.');
    await chat.run('poll', 'cancelled');
    await chat.press('Green');
    await notice(chat, EXPIRED);
    await chat.say('/cancel');
    await chat.hears('отменять нечего');
    expect((await chat.said()).join()).not.toContain(STOPPED);
  });

  it('a run that is stopped from outside says so, once, and its buttons are over', async () => {
    const chat = await met();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    const { workflowId } = await chat.run('poll', 'waiting_user');
    await product.temporal.workflow.getHandle(workflowId).cancel();
    await chat.hears(STOPPED);
    await chat.press('Green');
    await notice(chat, EXPIRED);
    await chat.settled();
    expect((await chat.said()).filter((said) => said.includes(STOPPED))).toHaveLength(1);
  });
});
