import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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
    await chat.hears(/доставк/i);
    const run = await chat.run('answer', 'succeeded');
    expect(run.correlationId).not.toBe('');
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);
  });

  it('becomes a lead: what is missing is asked for, and the CRM gets it once', async () => {
    const chat = product.chat();
    await chat.say('Хочу заказать кухню на заказ, меня зовут Анна');
    await chat.hears(/номер/i);
    expect((await chat.run('lead', 'waiting_user')).waitingOn).toBe('customer');
    await chat.say('8 701 123 45 67');
    await chat.hears('№');
    await chat.run('lead', 'succeeded');
    const leads = await product.outside.bitrix.waitForEntities('lead', 1);
    expect(leads).toHaveLength(1);
    expect(JSON.stringify(leads[0])).toContain('+77011234567');
  });
});
