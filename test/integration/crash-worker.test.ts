import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conversationWorkflowId } from '../../domain/ids.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/product.ts';
import { type Killed, startWorkerApart, type WorkerApart } from '../support/worker-apart.ts';

/** The promise: a reply that was due when the worker was killed comes within this time of the kill … */
const PROMISE_MS = 10_000;
/** … where a worker is back in this time. How long it takes tells how fast the machine is at the moment. */
const BACK_MS = 4_000;

describe('a worker that is killed and started again at once', () => {
  let apart: WorkerApart;
  let product: Product;
  beforeAll(async () => {
    apart = await startWorkerApart({
      name: 'crash',
      timing: { unclearWriteMs: 2_000, crmWaitMs: 4_000, workingOnItMs: 60_000 },
    });
    product = apart.product;
  });
  afterAll(() => apart.stop());

  const hold = async (rule: object) => {
    const { id } = await product.outside.mischief.add({ kind: 'hold', ...rule } as never);
    return {
      caught: () => product.outside.mischief.waitForHeld(id, 20_000),
      remove: () => product.outside.mischief.remove(id),
    };
  };
  const replies = async (chat: Chat) => (await chat.said()).length;
  const states = async (chat: Chat) => (await chat.sends()).map((send) => send.state);

  /** Each customer hears what was due, as soon after the kill as promised. */
  async function expectInTime(
    { killedAt, backAfterMs }: Killed,
    heard: Record<string, Promise<{ at: string }>>,
  ) {
    const times: Record<string, number> = {};
    for (const [what, reply] of Object.entries(heard)) {
      times[what] = Date.parse((await reply).at) - killedAt;
    }
    const back = await backAfterMs;
    console.info(
      `Replies after the kill, in ms: ${JSON.stringify(times)}; the worker was back after ${back}.`,
    );
    expect(Math.max(...Object.values(times))).toBeLessThan(PROMISE_MS * Math.max(1, back / BACK_MS));
  }

  it('repeats a model call, sends nothing twice, and knows what it cannot know', async () => {
    const classified = product.chat();
    const thinking = product.chat();
    const leaving = product.chat();
    const left = product.chat();
    const holds = await Promise.all([
      hold({ service: 'ollama', method: 'chat', model: 'llama3.1:8b', contains: 'в выходные' }),
      hold({ service: 'ollama', method: 'chat', model: 'qwen3:30b', contains: 'скидка' }),
      hold({ service: 'telegram', method: 'sendMessage', chatId: leaving.id }),
      hold({ service: 'telegram', method: 'sendMessage', chatId: left.id, when: 'after' }),
    ]);
    // Held model calls take their provider's places, so the sends go first.
    const [classifying, answering, ...sending] = holds;
    await Promise.all([
      leaving.say('Сколько стоит доставка по городу?'),
      left.say('Сколько стоит доставка по городу?'),
    ]);
    await Promise.all(sending.map((held) => held.caught()));
    await thinking.say('Какая у вас скидка на доставку?');
    await answering?.caught();
    await classified.say('Вы работаете в выходные?');
    await classifying?.caught();
    const killed = await apart.killAndRestart();
    await Promise.all(holds.map((held) => held.remove()));

    await expectInTime(killed, {
      'while a message was classified': classified.hears(/./),
      'while an answer was thought of': thinking.hears(/./),
    });
    for (const chat of [leaving, left]) {
      await eventually('the send to be settled', async () => (await states(chat)).join() === 'unknown');
      await chat.run('answer', 'degraded');
    }
    for (const chat of [classified, thinking]) {
      await chat.run('answer', 'succeeded');
      expect(await states(chat)).toEqual(['sent']);
      expect(await replies(chat)).toBe(1);
    }
    // Nothing left after the kill: the first had not reached the platform, the second had.
    expect(await replies(leaving)).toBe(0);
    expect(await replies(left)).toBe(1);
  });

  it('creates no second lead, whether or not the CRM had taken the first', async () => {
    const before = product.chat();
    const after = product.chat();
    const holds = await Promise.all([
      hold({ service: 'bitrix24', method: 'crm.*.add', contains: '+77015550001' }),
      hold({ service: 'bitrix24', method: 'crm.*.add', contains: '+77015550002', when: 'after' }),
    ]);
    await before.say('Хочу купить шкаф, меня зовут Пётр, телефон +7 701 555 00 01');
    await after.say('Хочу купить стол, меня зовут Анна, телефон +7 701 555 00 02');
    await Promise.all(holds.map((held) => held.caught()));
    await Promise.all([before.hears('№'), after.hears('№')]);
    await apart.killAndRestart();
    await Promise.all(holds.map((held) => held.remove()));
    await Promise.all([before.run('crm_push', 'succeeded'), after.run('crm_push', 'succeeded')]);
    const leads = JSON.stringify(await product.outside.bitrix.leads());
    for (const phone of ['+77015550001', '+77015550002']) expect(leads.split(phone)).toHaveLength(2);
    for (const chat of [before, after]) {
      await eventually('the lead to end', async () =>
        (await chat.runs()).find(
          (r) => r.processId === 'lead' && ['succeeded', 'degraded'].includes(r.status),
        ),
      );
      // The number, and at most the word that the CRM is late.
      expect(await replies(chat)).toBeLessThanOrEqual(2);
      expect(new Set(await states(chat))).toEqual(new Set(['sent']));
    }
  });

  it('goes on with a workflow task that was pending, in flight, or due to a dead cache', async () => {
    const pending = product.chat();
    const inFlight = product.chat();
    const cached = product.chat();
    await inFlight.say('Сколько стоит доставка по городу?');
    await inFlight.hears(/./);
    await cached.say('Хочу заказать кухню на заказ, меня зовут Анна');
    await cached.hears(/номер/i);
    await Promise.all([inFlight.settled(), cached.settled()]);

    // Frozen, it takes the task and does not answer.
    apart.freeze();
    await inFlight.say('А сколько стоит доставка за город?');
    const workflowId = conversationWorkflowId(await inFlight.conversationId());
    await eventually('the task to be in flight', async () => {
      const { raw } = await product.temporal.workflow.getHandle(workflowId).describe();
      return raw.pendingWorkflowTask?.startedTime != null;
    });
    const killing = apart.killAndRestart();
    await pending.say('Сколько стоит доставка по городу?');
    await cached.say('8 701 123 45 67');
    const killed = await killing;

    await expectInTime(killed, {
      'with a workflow task pending': pending.hears(/./),
      'with a workflow task in flight': inFlight.hears(/./),
      'with its conversation and run cached by the dead worker': cached.hears('№'),
    });
    await Promise.all([pending.settled(), inFlight.settled()]);
    expect(await replies(pending)).toBe(1);
    expect(await replies(inFlight)).toBe(2);
  });
});
