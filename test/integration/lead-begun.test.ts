import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

describe('a lead', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'lead-begun', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());

  it('speaks Kazakh and English to those who do', async () => {
    const aigul = product.chat();
    await aigul.say('Ас үй жиһазына тапсырыс бергім келеді, менің атым Айгүл');
    await aigul.hears('нөмір');
    await aigul.say('8 707 123 45 67');
    expect((await aigul.hears('№')).text).toMatch(/Рақмет|өтінім/i);
    const john = product.chat();
    await john.say('I want to order a sofa. My name is John, call me at +7 701 555 44 33');
    expect((await john.hears('№')).text).toMatch(/thank/i);
  });

  it('begun by the API without a chat is stored and passed on, once per key', async () => {
    const input = { name: 'Ольга', phone: '+77019990011', need: 'шкаф-купе' };
    const start = (body: object) =>
      product.api('/api/v1/processes/lead/runs', {
        method: 'POST',
        headers: { 'idempotency-key': 'order-17' },
        body: JSON.stringify(body),
      });
    const first = await start({ input });
    expect(first.status).toBe(201);
    const { workflow_id: workflowId } = (await first.json()) as { workflow_id: string };
    const again = (await (await start({ input })).json()) as { workflow_id: string };
    expect(again.workflow_id).toBe(workflowId);
    expect((await start({ input: { ...input, name: 'Другая' } })).status).toBe(409);
    await eventually('the run to end', async () => {
      const found = await product.api(`/api/v1/runs/${encodeURIComponent(workflowId)}`);
      return found.status === 200 && ((await found.json()) as { status: string }).status === 'succeeded';
    });
    const inCrm = (await product.outside.bitrix.leads()).filter((l) => JSON.stringify(l).includes('9990011'));
    expect(inCrm).toHaveLength(1);
  });
});
