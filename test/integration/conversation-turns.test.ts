import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Chat } from '../support/chat.ts';
import { answersTo, handled, holdModels, ran, startWithFixtures } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/product.ts';

/** In prompts, what tells answering from understanding. */
const ANSWERING = 'You answer customers';

describe('what is written together is understood together and answered once', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startWithFixtures({ name: 'conversation-turns', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const seen = (chat: Chat, numbers: number[]) =>
    eventually('the turn to hold the messages', async () => {
      const { turn } = await chat.view();
      return JSON.stringify(turn?.messages) === JSON.stringify(numbers);
    });
  const next = (chat: Chat, count: number) =>
    eventually('all messages to be stored and seen', async () => {
      const { turn, mark } = await chat.view();
      return turn !== null && mark === 0 && turn.messages.length === count;
    });

  it('three messages while the first is being understood are one turn and one answer', async () => {
    const chat = product.chat();
    const models = await holdModels(product);
    await chat.say('Где А1;?');
    await models.parked();
    await chat.say('Где А2;?');
    await chat.say('Где А3;?');
    await seen(chat, [1, 2, 3]);
    await models.release();
    await handled(chat, 3);
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);
    expect(await answersTo(chat, ['А1;', 'А2;', 'А3;'])).toEqual(['А1;', 'А2;', 'А3;']);
    await ran(chat, ['answer']);
  });

  it('messages while the answer is being thought of join it, and the run says which it took', async () => {
    const chat = product.chat();
    const models = await holdModels(product, ANSWERING);
    await chat.say('Где Б1;?');
    await models.parked();
    await chat.say('Где Б2;?');
    await chat.say('Где Б3;?');
    await seen(chat, [1, 2, 3]);
    await models.release();
    await handled(chat, 3);
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);
    expect(await answersTo(chat, ['Б1;', 'Б2;', 'Б3;'])).toEqual(['Б1;', 'Б2;', 'Б3;']);
  });

  it('a turn is amended at most so often; the rest is the next turn, in order, and nothing is dropped', async () => {
    const chat = product.chat();
    const models = await holdModels(product, ANSWERING);
    const marks = ['В1;', 'В2;', 'В3;', 'В4;', 'В5;', 'В6;'];
    await chat.say(`Где ${marks[0]}?`);
    await models.parked();
    for (const [index, mark] of marks.slice(1).entries()) {
      await chat.say(`Где ${mark}?`);
      if (index < 3) await next(chat, index + 2);
    }
    const view = await eventually('the rest to wait', async () => {
      const now = await chat.view();
      return now.next.length === 2 && now;
    });
    expect(view.turn?.messages).toEqual([1, 2, 3, 4]);
    await models.release();
    await handled(chat, 6);
    await chat.settled();
    await eventually('two answers', async () => (await chat.said()).length === 2);
    const said = await chat.said();
    expect(said[0]).toContain('В4;');
    expect(said[0]).not.toContain('В5;');
    expect(await answersTo(chat, marks)).toEqual(marks);
  });

  it('a message after the first effect begins the next turn, though the run goes on', async () => {
    const chat = product.chat();
    await chat.say('/slow');
    await chat.hears('I have begun.');
    await chat.say('Где Д1;?');
    await chat.hears('Д1;');
    await chat.say('Где Д2;?');
    await chat.hears('Д2;');
    await eventually('only the slow run to be open', async () => (await chat.view()).runs.length === 1);
    await chat.say('/cancel');
    await chat.hears('Отменено');
    await chat.run('slow', 'cancelled');
  });

  it('commands, buttons and replies are dealt with while a classification hangs', async () => {
    const chat = product.chat();
    await chat.say('/poll');
    await chat.hears('Which tea?');
    const models = await holdModels(product);
    const other = product.chat();
    await other.say('Где Е1;?');
    await models.parked();
    await other.say('/help');
    await other.hears('/lang');
    await other.say('/poll');
    await other.hears('Which tea?');
    await other.press('Green');
    await other.hears('Tea: green.');
    await other.say('/poll');
    await other.hears('Which tea?');
    await other.say('black');
    await other.hears('Tea: black.');
    await models.release();
    await other.hears('Е1;');
    await chat.press('Black');
    await chat.hears('Tea: black.');
  });

  it('/cancel gives up what is still being understood', async () => {
    const chat = product.chat();
    const models = await holdModels(product);
    await chat.say('Где Ж1;?');
    await models.parked();
    await chat.say('/cancel');
    await chat.hears('Отменено');
    await models.release();
    await handled(chat, 2);
    expect((await chat.settled()).turn).toBeNull();
    expect(await chat.said()).toEqual(['Отменено.']);
  });

  it('an edit while the answer is being thought of replaces what it corrects', async () => {
    const chat = product.chat();
    const models = await holdModels(product, ANSWERING);
    const { messageId } = await chat.say('Где З1;?');
    await models.parked();
    await chat.edit(messageId, 'Где З2;?');
    await seen(chat, [1, 2]);
    await models.release();
    await chat.hears('З2;');
    await handled(chat, 2);
    await chat.settled();
    const said = await chat.said();
    expect(said).toHaveLength(1);
    expect(said[0]).not.toContain('З1;');
  });

  it('an edit after the answer is answered anew, as a correction', async () => {
    const chat = product.chat();
    const { messageId } = await chat.say('Где И1;?');
    await chat.hears('И1;');
    await chat.settled();
    await product.outside.llm.clearRequests();
    await chat.edit(messageId, 'Где И2;?');
    await chat.hears('И2;');
    const requests = await product.outside.llm.requests();
    expect(JSON.stringify(requests)).toContain('The last message corrects');
  });

  it('an edit of a message that became a request is recorded for a person, not done twice', async () => {
    const chat = product.chat();
    const { messageId } = await chat.say(
      'I want to order a sofa. My name is John, call me at +7 701 555 44 33',
    );
    await chat.hears('№');
    await chat.run('lead', 'succeeded');
    await chat.settled();
    await chat.edit(messageId, 'I want to order a bed. My name is John, call me at +7 701 555 44 33');
    await chat.hears('recorded it for a person');
    await chat.settled();
    await ran(chat, ['crm_push', 'lead', 'lead_followup', 'request']);
  });
});
