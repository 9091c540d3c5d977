import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { faults } from '../../sandbox/client.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

const QUESTION = 'Сколько стоит доставка по городу?';
const WORKING = 'Уже ищу ответ';

describe('while a model thinks', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'models-presence', timing: { workingOnItMs: 2_000 } });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const hold = () =>
    product.outside.mischief.add({
      service: 'ollama',
      method: 'chat',
      kind: 'hold',
      contains: 'You answer customers',
    });

  const notices = async (chat: Chat) => (await chat.said()).filter((said) => said.includes(WORKING));

  it('the customer sees typing, reads once that it takes longer, and then the answer', async () => {
    const rule = await hold();
    const chat = product.chat();
    await chat.say(QUESTION);
    await product.outside.mischief.waitForHeld(rule.id);
    await eventually('typing', async () => {
      const calls = await product.outside.calls({
        service: 'telegram',
        method: 'sendChatAction',
        chat: chat.id,
      });
      return calls.length > 0;
    });
    await chat.hears(WORKING);
    await product.outside.mischief.remove(rule.id);
    await chat.hears('короткий ответ');
    const run = await chat.run('answer', 'succeeded');
    expect(await chat.said()).toHaveLength(2);
    // The notice belongs to the run that was slow.
    const { sends } = (await (await product.api(`/api/v1/runs/${run.runId}`)).json()) as {
      sends: { text: string }[];
    };
    expect(sends).toHaveLength(2);
    expect(sends[0]?.text).toContain(WORKING);
  });

  it('a customer who adds to the question reads it once all the same', async () => {
    const rule = await hold();
    const chat = product.chat();
    await chat.say(QUESTION);
    await chat.hears(WORKING);
    await chat.say('И сколько ждать?');
    await eventually('the amended thought', async () => {
      const held = await product.outside.mischief.held(rule.id);
      return held.some((call) => JSON.stringify(call.params).includes('сколько ждать'));
    });
    await product.outside.mischief.remove(rule.id);
    await chat.hears('короткий ответ');
    await chat.run('answer', 'succeeded');
    expect(await notices(chat)).toHaveLength(1);
  });

  it('a notice that could not leave in time is withdrawn: it never follows the answer', async () => {
    const rule = await hold();
    const chat = product.chat();
    const limit = await product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      chatId: chat.id,
      contains: WORKING,
      ...faults.telegramTooMany(2),
    });
    await chat.say(QUESTION);
    await eventually(
      'a notice that was held off',
      async () => (await product.outside.mischief.get(limit.id)).fired > 0,
    );
    await product.outside.mischief.clear();
    await chat.hears('короткий ответ');
    await chat.run('answer', 'succeeded');
    await chat.say('/help');
    await chat.hears('команды');
    expect(rule.spent).toBe(false);
    expect(await notices(chat)).toEqual([]);
    expect((await chat.sends()).find((row) => row.chunk.text.includes(WORKING))).toMatchObject({
      state: 'refused',
      reason: 'withdrawn',
    });
  });

  it('a quick answer comes alone', async () => {
    const chat = product.chat();
    await chat.say(QUESTION);
    await chat.hears('короткий ответ');
    await chat.run('answer', 'succeeded');
    expect(await chat.said()).toHaveLength(1);
  });
});
