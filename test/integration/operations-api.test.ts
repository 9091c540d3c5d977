import { randomUUID } from 'node:crypto';
import { eq, sql } from 'drizzle-orm';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { messages, processRuns } from '../../db/schema/index.ts';
import { faults, type MischiefRule } from '../../sandbox/client.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

type Body = Record<string, unknown>;
const HOUR = 3_600_000;

describe('what the person on call does through the API', () => {
  let product: Product;
  let phones = 0;
  beforeAll(async () => {
    product = await startProduct({
      name: 'operations-api',
      timing: { crmWaitMs: 500, outagePauseMs: HOUR, outagePauseMaxMs: HOUR, workingOnItMs: 60_000 },
    });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const post = async (path: string, key: string = randomUUID(), body?: Body) => {
    const response = await product.api(`/api/v1/${path}`, {
      method: 'POST',
      headers: { 'idempotency-key': key },
      ...(body ? { body: JSON.stringify(body) } : {}),
    });
    return { status: response.status, body: (await response.json()) as Body };
  };
  const runAction = (id: string, action: string, key?: string) =>
    post(`runs/${encodeURIComponent(id)}/${action}`, key);
  const read = async (path: string) => (await (await product.api(`/api/v1/${path}`)).json()) as Body;
  const row = async (runId: unknown, status: string) =>
    eventually(`run ${runId} to be ${status}`, async () => {
      const [run] = await product.db
        .select()
        .from(processRuns)
        .where(eq(processRuns.runId, String(runId)));
      return run?.status === status && run;
    });

  /** A customer who tells everything at once. */
  async function orders(): Promise<{ chat: Chat; phone: string }> {
    const phone = `+7701777${String(1000 + ++phones)}`;
    const chat = product.chat();
    await chat.say(`Хочу заказать шкаф, меня зовут Пётр, телефон ${phone}`);
    await chat.hears('№');
    return { chat, phone };
  }
  const inBitrix = async (phone: string) =>
    (await product.outside.bitrix.leads()).filter((lead) => JSON.stringify(lead).includes(phone));

  it('a run that waits for a provider is woken once the cause is gone; what waits for nothing is not', async () => {
    const rule = await product.outside.mischief.add({
      service: 'bitrix24',
      ...faults.bitrixError(401, 'NO_AUTH_FOUND'),
    } as MischiefRule);
    const { chat, phone } = await orders();
    const parked = await eventually('the push to be parked', async () =>
      (await chat.runs()).find((run) => run.processId === 'crm_push' && run.waitingOn === 'provider'),
    );
    expect((await runAction(parked.runId, 'retry')).body).toMatchObject({
      status: 409,
      type: 'urn:dirigent:problem:run-open',
    });
    expect((await runAction(parked.runId, 'rerun')).status).toBe(409);
    await product.outside.mischief.remove(rule.id);

    const key = randomUUID();
    const woken = await Promise.all([
      runAction(parked.runId, 'resume', key),
      runAction(parked.workflowId, 'resume', key),
    ]);
    expect(woken.map(({ status }) => status)).toEqual([202, 202]);
    expect(woken[0]?.body).toMatchObject({ run_id: parked.runId, waited_for: 'the CRM (misconfigured)' });
    await row(parked.runId, 'succeeded');
    expect(await inBitrix(phone)).toHaveLength(1);

    expect((await runAction(parked.runId, 'resume')).body).toMatchObject({
      status: 409,
      type: 'urn:dirigent:problem:run-closed',
    });
    const asking = product.chat();
    await asking.say('/lead');
    const waiting = await asking.run('lead', 'waiting_user');
    expect((await runAction(waiting.runId, 'resume')).body).toMatchObject({
      status: 409,
      type: 'urn:dirigent:problem:nothing-to-resume',
    });
  });

  it('a failed run is tried again from the step that failed, once, and repeats none of its effects', async () => {
    const rule = await product.outside.mischief.add({
      service: 'bitrix24',
      method: 'crm.item.add',
      ...faults.bitrixError(400, 'CRM_FIELD_ERROR_VALUE_NOT_VALID'),
    } as MischiefRule);
    const { chat, phone } = await orders();
    const failed = await chat.run('crm_push', 'failed');
    await product.outside.mischief.remove(rule.id);

    const key = randomUUID();
    const [one, other] = await Promise.all([
      runAction(failed.workflowId, 'retry', key),
      runAction(failed.workflowId, 'retry', key),
    ]);
    expect(one.body.run_id).toBe(other.body.run_id);
    const again = await row(one.body.run_id, 'succeeded');
    expect(again).toMatchObject({ resetOf: failed.runId, workflowId: failed.workflowId });
    expect(await inBitrix(phone)).toHaveLength(1);

    const repeated = await runAction(failed.workflowId, 'retry', key);
    expect(repeated).toMatchObject({ status: 200, body: { run_id: again.runId, existing: true } });
    expect((await runAction(failed.runId, 'retry')).body).toMatchObject({
      type: 'urn:dirigent:problem:run-retried',
    });
    expect((await runAction(again.runId, 'retry')).body).toMatchObject({
      type: 'urn:dirigent:problem:nothing-to-retry',
    });
    const { events } = await read(`events?type=api.run_retry_requested&actor=api`);
    expect(events).toContainEqual(
      expect.objectContaining({
        subject: failed.workflowId,
        data: expect.objectContaining({ run_id: failed.runId, opened_run_id: again.runId }),
      }),
    );
  });

  it('a cancelled run goes on where it was when it is tried again, and can be cancelled again', async () => {
    const chat = product.chat();
    await chat.say('/lead');
    const first = await chat.run('lead', 'waiting_user');
    const cancel = (id: string) =>
      product.api(`/api/v1/runs/${id}/cancel`, { method: 'POST', body: JSON.stringify({}) });
    expect((await cancel(first.runId)).status).toBe(202);
    await row(first.runId, 'cancelled');
    const retried = await runAction(first.runId, 'retry');
    expect(retried.status).toBe(202);
    const second = await row(retried.body.run_id, 'waiting_user');
    const asked = (await chat.said()).length;
    expect((await cancel(second.runId)).status).toBe(202);
    await row(second.runId, 'cancelled');
    expect((await chat.said()).length).toBe(asked);
  });

  it('a run begun again does everything anew, linked to the old one, once per key', async () => {
    const chat = product.chat();
    await chat.say('Сколько стоит доставка по городу?');
    const old = await chat.run('answer', 'succeeded');
    const before = (await chat.said()).length;
    const key = randomUUID();
    const begun = await runAction(old.runId, 'rerun', key);
    expect(begun.status).toBe(202);
    const anew = await row(begun.body.run_id, 'succeeded');
    expect(anew).toMatchObject({ rerunOf: old.runId, conversationId: old.conversationId });
    expect((await chat.said()).length).toBe(before + 1);
    expect(await runAction(old.runId, 'rerun', key)).toMatchObject({
      status: 200,
      body: { run_id: anew.runId, existing: true },
    });
    const { costs } = await read('llm-calls/costs?by=conversation');
    expect(costs).toContainEqual(expect.objectContaining({ key: old.conversationId }));
  });

  it('a conversation is found by what goes on in it, and is spoken to as the bot, once per key', async () => {
    const chat = product.chat();
    await chat.say('/lead');
    const waiting = await chat.run('lead', 'waiting_user');
    const id = await chat.conversationId();
    const listed = async (query: string) =>
      ((await read(`conversations?customer_id=${waiting.customerId}&${query}`)).conversations as Body[]).map(
        (conversation) => [conversation.id, conversation.status],
      );
    expect(await listed('')).toEqual([[id, 'waiting_customer']]);
    expect(await listed('status=waiting_customer')).toEqual([[id, 'waiting_customer']]);
    for (const other of ['working', 'waiting_manager', 'quiet'])
      expect(await listed(`status=${other}`)).toEqual([]);
    await product.api(`/api/v1/runs/${waiting.runId}/cancel`, { method: 'POST', body: JSON.stringify({}) });
    await row(waiting.runId, 'cancelled');
    expect(await listed('status=quiet')).toEqual([[id, 'quiet']]);

    const key = randomUUID();
    const speak = (text: string) => post(`conversations/${id}/messages`, key, { text });
    const said = await Promise.all([speak('Ваш заказ готов.'), speak('Ваш заказ готов.')]);
    expect(said.map(({ status }) => status)).toEqual([202, 202]);
    await chat.hears('Ваш заказ готов.');
    await chat.settled();
    expect((await speak('Другое')).status).toBe(409);
    expect((await chat.said()).filter((text) => text === 'Ваш заказ готов.')).toHaveLength(1);
    const { messages: transcript } = (await read(`conversations/${id}/messages`)) as { messages: Body[] };
    expect(transcript[0]).toMatchObject({ direction: 'outbound', content: 'Ваш заказ готов.' });
    const { events } = await read(`events?type=api.message_sent&subject=${id}`);
    expect(events).toContainEqual(expect.objectContaining({ actor: 'api' }));
  });

  it('what retention deletes is counted where the metrics are read', async () => {
    const chat = product.chat();
    await chat.say('/help');
    await chat.hears('/');
    const old = sql`now() - interval '200 days'`;
    await product.db.execute(sql`insert into automation_events
        (id, tenant_id, event_type, subject, data, actor, correlation_id, created_at)
      select gen_random_uuid(), id, 'run.noted', 'w', '{}', 'system', 'c', ${old} from tenants, generate_series(1, 3)`);
    const begun = await post('processes/retention/runs', randomUUID(), { input: {} });
    const done = await row(begun.body.run_id, 'succeeded');
    const metrics = await (await product.api('/metrics')).text();
    expect(metrics).toMatch(/^dirigent_retention_rows_total\{kind="events"\} 3$/m);
    const { events } = await read(
      `events?type=retention.done&subject=${encodeURIComponent(done.workflowId)}`,
    );
    expect(events).toMatchObject([{ data: { events: 3, runs: 0 } }]);
  });

  it('a send in doubt is settled by a person, each decision exactly once', async () => {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('Здравствуйте');
    await product.outside.mischief.add({
      service: 'telegram',
      method: 'sendMessage',
      chatId: chat.id,
      kind: 'lose_answer',
      times: 3,
    } as MischiefRule);
    for (const [index, command] of ['/help', '/status', '/help'].entries()) {
      await chat.say(command);
      await eventually('one more in doubt', async () => {
        const rows = await chat.sends();
        return rows.filter(({ state }) => state === 'unknown').length === index + 1;
      });
    }
    const conversation = await chat.conversationId();
    const unknown = (await read(`sends?state=unknown&conversation_id=${conversation}`)).sends as Body[];
    expect(unknown).toHaveLength(3);
    const [resend, drop, delivered] = unknown.map(({ id }) => String(id));
    const resolve = (id: string | undefined, resolution: string, more: Body = {}, key = randomUUID()) =>
      post(`sends/${id}/resolve`, key, { resolution, ...more });

    const told = await resolve(delivered, 'delivered', { channel_message_id: '4711' });
    expect(told).toMatchObject({
      status: 200,
      body: { state: 'sent', channel_message_id: '4711', resolution: 'delivered', resolved_by: 'api' },
    });
    const transcript = await product.db
      .select()
      .from(messages)
      .where(eq(messages.conversationId, conversation));
    expect(transcript.filter(({ channelMessageId }) => channelMessageId === '4711')).toHaveLength(1);

    const verdicts = await Promise.all([
      resolve(drop, 'drop'),
      resolve(drop, 'drop'),
      resolve(drop, 'delivered'),
    ]);
    expect(verdicts.map(({ status }) => status).toSorted()).toEqual([200, 409, 409]);

    const said = (await chat.said()).length;
    const key = randomUUID();
    const again = await Promise.all([resolve(resend, 'resend', {}, key), resolve(resend, 'resend', {}, key)]);
    expect(again.map(({ status }) => status)).toEqual([200, 200]);
    await eventually('it to be sent again', async () =>
      (await chat.sends()).some(({ id, state }) => id === resend && state === 'sent'),
    );
    expect(await resolve(resend, 'resend', {}, key)).toMatchObject({ status: 200, body: { state: 'sent' } });
    expect((await resolve(resend, 'drop', {}, key)).body).toMatchObject({
      type: 'urn:dirigent:problem:idempotency-conflict',
    });
    expect((await chat.said()).length).toBe(said + 1);
  });
});
