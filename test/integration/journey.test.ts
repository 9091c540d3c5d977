import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { messages } from '../../db/schema/index.ts';
import { type Product, startProduct } from '../support/product.ts';

describe('a message travels', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'journey', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());

  it('is stored, understood, answered once, and its run is read back from history', async () => {
    const chat = product.chat();
    await chat.say('Здравствуйте! Сколько стоит доставка по городу?');
    const heard = await chat.hears(/доставк/i);
    const run = await chat.run('answer', 'succeeded');
    expect(run.correlationId).not.toBe('');
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);
    const ours = await product.db
      .select({ platformId: messages.channelMessageId, correlationId: messages.correlationId })
      .from(messages)
      .where(and(eq(messages.chatId, String(chat.id)), eq(messages.direction, 'outbound')));
    expect(ours).toEqual([{ platformId: String(heard.messageId), correlationId: run.correlationId }]);
  });

  it('becomes a lead: what is missing is asked for, and the CRM gets it once', async () => {
    const chat = product.chat();
    await chat.say('Хочу заказать кухню на заказ, меня зовут Анна');
    await chat.hears(/номер/i);
    const waiting = await chat.run('lead', 'waiting_user');
    expect(waiting.waitingOn).toBe('customer');
    const handle = product.temporal.workflow.getHandle(waiting.workflowId);
    // What the engine's own screens show of it.
    const open = await handle.describe();
    expect(open.searchAttributes).toMatchObject({
      Tenant: ['default'],
      Process: ['lead'],
      RunState: ['waiting_user'],
      WaitingOn: ['customer'],
    });
    expect(open.memo).toMatchObject({ process: 'lead', details: expect.stringMatching(/\w/) });
    expect(await open.staticSummary()).toBeTruthy();
    await chat.say('8 701 123 45 67');
    await chat.hears('№');
    await chat.run('lead', 'succeeded');
    const leads = await product.outside.bitrix.waitForEntities('lead', 1);
    expect(leads).toHaveLength(1);
    expect(JSON.stringify(leads[0])).toContain('+77011234567');
    const { workflowId, searchAttributes, memo, staticSummary } = await handle.describe();
    const shown = JSON.stringify([workflowId, searchAttributes, memo, await staticSummary()]);
    expect(shown).not.toMatch(/Анна|123.?45.?67|кухню/);
  });
});
