import { and, eq } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { crmLinks, leads, processRuns, requests } from '../../db/schema/index.ts';
import { faults, type MischiefRule } from '../../sandbox/client.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

const UNCLEAR_MS = 1_500;

/** A rule for the CRM without its service. */
type Fault = MischiefRule extends infer R ? (R extends MischiefRule ? Omit<R, 'service'> : never) : never;

describe('a lead on its way to the CRM', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      name: 'crm-push',
      timing: {
        workingOnItMs: 60_000,
        crmWaitMs: 2_500,
        unclearWriteMs: UNCLEAR_MS,
        outagePauseMs: 200,
        outagePauseMaxMs: 500,
      },
    });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const mischief = (fault: Fault) =>
    product.outside.mischief.add({ service: 'bitrix24', ...fault } as MischiefRule);

  let last = 10;
  /** An order with a phone of its own, told by a new customer. */
  async function order(): Promise<{ chat: Chat; phone: string }> {
    const chat = product.chat();
    const digits = String(++last).padStart(3, '0');
    await chat.say(`Хочу купить шкаф, меня зовут Пётр, телефон +7 701 222 3${digits[0]} ${digits.slice(1)}`);
    return { chat, phone: `+77012223${digits}` };
  }

  /** A seed's phone, before it is ordered with. */
  const nextPhone = () => `+77012223${String(last + 1).padStart(3, '0')}`;

  async function leadOf(chat: Chat) {
    const run = await eventually('a lead run', async () =>
      (await chat.runs()).find((r) => r.processId === 'lead'),
    );
    return eventually('the stored lead', async () => {
      const [row] = await product.db.select().from(leads).where(eq(leads.key, run.workflowId));
      return row;
    });
  }

  /** What the CRM has under this lead's origin. */
  async function inCrm(chat: Chat) {
    const { id } = await leadOf(chat);
    return (await product.outside.bitrix.leads()).filter((lead) => lead.originId === id);
  }

  async function link(chat: Chat) {
    const { id } = await leadOf(chat);
    const [row] = await product.db.select().from(crmLinks).where(eq(crmLinks.leadId, id));
    return row;
  }

  const waitingRun = (chat: Chat) =>
    eventually('a push that waits for the CRM', async () => {
      const { id } = await leadOf(chat);
      const [run] = await product.db
        .select()
        .from(processRuns)
        .where(and(eq(processRuns.workflowId, `crm_push/${id}`), eq(processRuns.waitingOn, 'provider')));
      return run;
    });

  const writes = async (method = 'crm.item.add') =>
    (await product.outside.calls({ service: 'bitrix24', method })).length;

  it('is created once, and linked', async () => {
    const { chat, phone } = await order();
    await chat.run('lead', 'succeeded');
    const created = await inCrm(chat);
    expect(created).toHaveLength(1);
    expect(created[0]?.fm[0]?.value).toBe(phone);
    expect(await link(chat)).toMatchObject({
      entity: 'lead',
      externalId: String(created[0]?.id),
      how: 'created',
    });
  });

  it('becomes a comment of the open lead that has its phone', async () => {
    const open = await product.outside.bitrix.seed('lead', { phones: [nextPhone()] });
    const { chat } = await order();
    await chat.run('lead', 'succeeded');
    expect(await inCrm(chat)).toEqual([]);
    const { number } = await leadOf(chat);
    const comments = (await product.outside.bitrix.comments()).filter((c) => c.entityId === open.id);
    expect(comments).toHaveLength(1);
    expect(comments[0]?.comment).toContain(`№ ${number}, Пётр`);
    expect(await link(chat)).toMatchObject({ externalId: String(open.id), how: 'linked_open_lead' });
  });

  it('is bound to the contact that has its phone', async () => {
    const contact = await product.outside.bitrix.seed('contact', { phones: [nextPhone()] });
    const { chat } = await order();
    await chat.run('lead', 'succeeded');
    expect(await inCrm(chat)).toMatchObject([{ contactId: contact.id }]);
    expect(await link(chat)).toMatchObject({ how: 'bound_to_contact' });
  });

  it('is a new one when the lead that has its phone is closed', async () => {
    const closed = await product.outside.bitrix.seed('lead', {
      phones: [nextPhone()],
      fields: { stageId: 'JUNK' },
    });
    const { chat } = await order();
    await chat.run('lead', 'succeeded');
    const created = await inCrm(chat);
    expect(created).toHaveLength(1);
    expect(created[0]?.id).not.toBe(closed.id);
  });

  it('is owed while the CRM is away, and delivered once when it is back', async () => {
    const back = await product.outside.mischief.takeDown('bitrix24');
    const { chat } = await order();
    await chat.hears('принята');
    await chat.hears('Передать её в отдел продаж сразу не получилось');
    const run = await chat.run('lead', 'degraded');
    expect(run.losses).toEqual([
      { missing: 'the record in the CRM', instead: 'the push is owed and goes on by itself' },
    ]);
    expect(await waitingRun(chat)).toMatchObject({ status: 'running', details: 'the CRM (unavailable)' });
    await back();
    await chat.run('crm_push', 'succeeded');
    expect(await inCrm(chat)).toHaveLength(1);
    expect(await chat.said()).toHaveLength(2);
  });

  it('whose answer was lost is looked up after the CRM’s longest processing time, and not written again', async () => {
    const before = await writes();
    await mischief({ kind: 'lose_answer', method: 'crm.item.add', times: 1 });
    const { chat } = await order();
    expect(await waitingRun(chat)).toMatchObject({ details: 'whether the CRM took the lead' });
    await chat.run('crm_push', 'succeeded');
    expect(await inCrm(chat)).toHaveLength(1);
    expect((await writes()) - before).toBe(1);
    expect(await link(chat)).toMatchObject({ how: 'found_by_origin' });
    const [lost, lookedUp] = (await product.outside.calls({ service: 'bitrix24' })).slice(-2);
    expect(lost?.method).toBe('crm.item.add');
    expect(lookedUp?.method).toBe('crm.item.list');
    expect(Date.parse(lookedUp?.at ?? '') - Date.parse(lost?.at ?? '')).toBeGreaterThanOrEqual(UNCLEAR_MS);
  });

  it('whose request was lost is written again, once', async () => {
    const before = await writes();
    await mischief({ kind: 'lose_request', method: 'crm.item.add', times: 1 });
    const { chat } = await order();
    await chat.run('crm_push', 'succeeded');
    expect(await inCrm(chat)).toHaveLength(1);
    expect((await writes()) - before).toBe(2);
  });

  it('is not written twice when the portal fails inside after writing', async () => {
    await mischief({ kind: 'status', status: 500, effect: true, method: 'crm.item.add', times: 1 });
    const { chat } = await order();
    await chat.run('crm_push', 'succeeded');
    expect(await inCrm(chat)).toHaveLength(1);
  });

  it('whose comment was answered by silence is found in the timeline and not said twice', async () => {
    const open = await product.outside.bitrix.seed('lead', { phones: [nextPhone()] });
    await mischief({ kind: 'lose_answer', method: 'crm.timeline.comment.add', times: 1 });
    const { chat } = await order();
    await chat.run('crm_push', 'succeeded');
    const comments = (await product.outside.bitrix.comments()).filter((c) => c.entityId === open.id);
    expect(comments).toHaveLength(1);
    expect(await link(chat)).toMatchObject({ how: 'linked_open_lead' });
  });

  it.for([
    ['QUERY_LIMIT_EXCEEDED', faults.bitrixQueryLimit(), 1_000],
    ['429', { kind: 'status' as const, status: 429, headers: { 'retry-after': '2' } }, 2_000],
  ] as const)('obeys %s: nothing is asked before the time it names', async ([, fault, waitMs]) => {
    const after = (await product.outside.calls({ service: 'bitrix24' })).at(-1)?.seq ?? 0;
    await mischief({ ...fault, times: 1 });
    const { chat } = await order();
    await chat.run('crm_push', 'succeeded');
    expect(await inCrm(chat)).toHaveLength(1);
    const [refused, next] = await product.outside.calls({ service: 'bitrix24', after });
    expect(Date.parse(next?.at ?? '') - Date.parse(refused?.at ?? '')).toBeGreaterThanOrEqual(waitMs);
  });

  it('is parked in sight while the credentials are wrong, and goes on when they are right', async () => {
    const rule = await mischief(faults.bitrixError(401, 'INVALID_CREDENTIALS'));
    const { chat } = await order();
    await chat.run('lead', 'degraded');
    expect(await waitingRun(chat)).toMatchObject({ status: 'running', details: 'the CRM (misconfigured)' });
    await product.outside.mischief.remove(rule.id);
    await chat.run('crm_push', 'succeeded');
    expect(await inCrm(chat)).toHaveLength(1);
  });

  it('that the CRM refuses is in the hands of a person, and the customer’s number stands', async () => {
    await mischief(faults.bitrixError(400, 'ERROR_CORE', 'No'));
    const { chat } = await order();
    await chat.hears('принята');
    const push = await chat.run('crm_push', 'failed');
    expect(push.cause?.message).toContain('did not accept');
    const run = await chat.run('lead', 'degraded');
    expect(run.losses).toEqual([
      { missing: 'the record in the CRM', instead: 'a person was asked to enter it' },
    ]);
    const { id } = await leadOf(chat);
    const [request] = await product.db
      .select()
      .from(requests)
      .where(eq(requests.key, `crm_push/${id}/refused`));
    expect(request).toMatchObject({ kind: 'error', status: 'open', details: { lead: id } });
    expect(await chat.said()).toHaveLength(1);
  });
});

describe('a lead from the API', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'crm-api' });
  });
  afterAll(() => product.stop());

  const start = (input: unknown, key: string) =>
    product.api('/api/v1/processes/lead/runs', {
      method: 'POST',
      body: JSON.stringify({ input }),
      headers: { 'idempotency-key': key },
    });

  const ended = (runId: string, status: string) =>
    eventually(`run ${runId} to be ${status}`, async () => {
      const run = (await (await product.api(`/api/v1/runs/${runId}`)).json()) as {
        status: string;
        output: unknown;
      };
      return run.status === status && run;
    });

  it('reaches the CRM without a chat, its phone read as the tenant’s country writes it', async () => {
    const answer = await start({ name: 'Анна', phone: '8 701 999 00 11', need: 'Кухня' }, 'api-1');
    expect(answer.status).toBe(201);
    const { run_id } = (await answer.json()) as { run_id: string };
    const run = await ended(run_id, 'succeeded');
    expect(run.output).toMatchObject({ status: 'complete' });
    const created = await product.outside.bitrix.waitForEntities('lead', 1);
    expect(created).toHaveLength(1);
    expect(created[0]?.fm[0]?.value).toBe('+77019990011');
  });

  it('with the same key is the same run, and the same lead', async () => {
    const input = { name: 'Олег', phone: '+77019990022', need: 'Стол' };
    const [one, two] = await Promise.all([start(input, 'api-2'), start(input, 'api-2')]);
    const ids = [(await one?.json()) as { run_id: string }, (await two?.json()) as { run_id: string }];
    expect(ids[0]?.run_id).toBe(ids[1]?.run_id);
    await ended(ids[0]?.run_id ?? '', 'succeeded');
    const rows = await product.db.select().from(leads).where(eq(leads.name, 'Олег'));
    expect(rows).toHaveLength(1);
    expect((await product.outside.bitrix.leads()).filter((l) => l.name === 'Олег')).toHaveLength(1);
  });

  it('whose phone is none is taken without it, and says so', async () => {
    const answer = await start({ name: 'Дана', phone: '12345', need: 'Стул' }, 'api-3');
    const { run_id } = (await answer.json()) as { run_id: string };
    const run = await ended(run_id, 'degraded');
    expect(run.output).toMatchObject({ status: 'partial' });
  });
});
