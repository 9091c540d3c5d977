import { asc, eq } from 'drizzle-orm';
import { v7 } from 'uuid';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { crmLinks, leads, llmCalls, processRuns } from '../../db/schema/index.ts';
import { faults } from '../../sandbox/client.ts';

import { milliseconds, passTime } from '../kit/pass-time.ts';
import { movingClockBundle } from '../kit/stage.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

describe('a lead that reached the CRM', () => {
  let product: Product;
  let phones = 0;
  beforeAll(async () => {
    product = await startProduct({
      name: 'lead-followup',
      timing: { secondLookMs: 400, unclearWriteMs: 600, outagePauseMs: 200, outagePauseMaxMs: 400 },
    });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  /** A customer whose phone managers know, with what was telephoned until now. */
  async function known(calls: { answered: number; missed: number }) {
    const phone = `+7701555${String(4000 + ++phones)}`;
    const lead = await product.outside.bitrix.seed('lead', { phones: [phone] });
    const bound = { OWNER_TYPE_ID: 1, OWNER_ID: lead.id, TYPE_ID: 2 };
    const times = { START_TIME: '2026-11-01T10:00:00+03:00', END_TIME: '2026-11-01T10:02:00+03:00' };
    for (let i = 0; i < calls.answered + calls.missed; i++) {
      const missed = i >= calls.answered;
      const settings = missed ? { SETTINGS: { MISSED_CALL: true } } : {};
      const activity = await product.outside.bitrix.seedActivity({ ...bound, ...times, ...settings });
      await product.outside.bitrix.seedCall({
        CRM_ENTITY_TYPE: 'LEAD',
        CRM_ENTITY_ID: lead.id,
        CRM_ACTIVITY_ID: activity.id,
        CALL_FAILED_CODE: missed ? '304' : '200',
        CALL_DURATION: missed ? 0 : 100,
        CALL_START_DATE: '2026-11-01T12:00:00+05:00',
      });
    }
    const chat = product.chat();
    const order = () => chat.say(`Хочу заказать шкаф, меня зовут Пётр, телефон ${phone}`);
    return { chat, lead, order };
  }

  const ended = (chat: Chat) =>
    eventually('the follow-up to end', async () =>
      (await chat.runs()).find((run) => run.processId === 'lead_followup' && run.endedAt !== null),
    );
  const scored = async (run: { input: unknown }) => {
    const { leadId } = run.input as { leadId: string };
    const [row] = await product.db.select().from(leads).where(eq(leads.id, leadId));
    return row;
  };
  /** What managers read of us in the lead's timeline, without the request itself. */
  const looks = async (lead: { id: number }) =>
    (await product.outside.bitrix.comments())
      .filter(({ entityId, comment }) => entityId === lead.id && comment.includes('оценка'))
      .map(({ comment }) => comment);

  it('is scored at once and once more, with its messages and calls, and managers read both', async () => {
    const { chat, lead, order } = await known({ answered: 2, missed: 1 });
    await order();
    const run = await ended(chat);
    expect(run).toMatchObject({ status: 'succeeded', losses: [] });
    expect(run.parentWorkflowId).toMatch(/^crm_push\//);
    expect(run.output).toMatchObject({
      look: 2,
      inCrm: true,
      calls: { answered: 2, missed: 1, seconds: 200 },
    });
    const row = await scored(run);
    expect(row).toMatchObject({ scoredBy: 'model', callsAnswered: 2, callsMissed: 1, callSeconds: 200 });
    expect(row?.score).toBeGreaterThan(0);
    expect(row?.messagesIn).toBe(1);
    expect(row?.scoreReasons?.length).toBeGreaterThan(0);
    const [first, second, ...more] = await looks(lead);
    expect(first).toContain('первая оценка');
    expect(first).toContain('отвечено 2, пропущено 1, разговор 200 с');
    expect(second).toContain('повторная оценка');
    expect(more).toEqual([]);
    // The wait was a wait, and names and phones went to no model.
    const found = await product.api(`/api/v1/runs/${run.runId}`);
    const { steps } = (await found.json()) as { steps: { kind: string; name: string }[] };
    expect(steps).toContainEqual(expect.objectContaining({ kind: 'wait', name: 'timer' }));
    const asked = await product.db.select().from(llmCalls).where(eq(llmCalls.workflowId, run.workflowId));
    expect(asked.map(({ purpose, prompt }) => [purpose, prompt])).toEqual(
      asked.map(() => ['score', 'score@1']),
    );
  });

  it('is counted from its timeline where the webhook may not read the telephony', async () => {
    const right = faults.bitrixError(403, 'insufficient_scope');
    await product.outside.mischief.add({
      service: 'bitrix24',
      method: 'voximplant.statistic.get',
      ...right,
    });
    const { chat, order } = await known({ answered: 1, missed: 1 });
    await order();
    const run = await ended(chat);
    expect(run.status).toBe('degraded');
    expect(JSON.stringify(run.losses)).toContain('telephony');
    expect(run.output).toMatchObject({ calls: { answered: 1, missed: 1, seconds: 120 } });
  });

  it('is commented once for each look, also when the answer to the comment was lost', async () => {
    const { chat, lead, order } = await known({ answered: 0, missed: 0 });
    // The first comment carries the request itself into the lead that was open.
    await product.outside.mischief.add({
      service: 'bitrix24',
      method: 'crm.timeline.comment.add',
      contains: 'первая оценка',
      kind: 'lose_answer',
      times: 1,
    });
    await order();
    const run = await ended(chat);
    expect(run.status).toBe('succeeded');
    expect(await looks(lead)).toHaveLength(2);
  });

  /** The look at a lead that no customer wrote and that is in no CRM. */
  async function lookAtTypedIn(number: number) {
    const [link] = await product.db.select().from(crmLinks).limit(1);
    if (!link) throw new Error('No lead has reached the CRM.');
    const { tenantId } = link;
    const lead = { id: v7(), number, key: `typed-in-${number}`, need: 'Шкаф', status: 'partial' as const };
    await product.db.insert(leads).values({ ...lead, tenantId, updatedAt: new Date() });
    const started = await product.api('/api/v1/processes/lead_followup/runs', {
      method: 'POST',
      headers: { 'idempotency-key': `look-${number}` },
      body: JSON.stringify({ input: { leadId: lead.id } }),
    });
    const { workflow_id: workflowId } = (await started.json()) as { workflow_id: string };
    return eventually('the look to end', async () => {
      const [row] = await product.db.select().from(processRuns).where(eq(processRuns.workflowId, workflowId));
      return row?.endedAt ? row : undefined;
    });
  }
  const outcomes = async ({ workflowId }: { workflowId: string }) =>
    (
      await product.db
        .select()
        .from(llmCalls)
        .where(eq(llmCalls.workflowId, workflowId))
        .orderBy(asc(llmCalls.attempt))
    ).map(({ provider, outcome }) => `${provider} ${outcome}`);
  const impossible = {
    kind: 'say',
    contains: 'likely the client is to buy',
    text: JSON.stringify({ score: 250, reasons: ['Пишет охотно.'], nextStep: 'Позвонить.' }),
  } as const;

  it('is looked at once and plainly where there is no CRM', async () => {
    const run = await lookAtTypedIn(9_001);
    expect(run).toMatchObject({ status: 'succeeded', output: { look: 1, inCrm: false, messagesIn: 0 } });
    expect(await scored(run)).toMatchObject({ scoredBy: 'model', callsAnswered: null });
  });

  it('has a model that gives it a score out of range asked once more, and then the next one', async () => {
    await product.outside.mischief.add({ service: 'ollama', ...impossible, times: 1 });
    const repaired = await lookAtTypedIn(9_002);
    expect(repaired).toMatchObject({ status: 'succeeded', losses: [] });
    expect(await outcomes(repaired)).toEqual(['ollama invalid', 'ollama ok']);

    await product.outside.mischief.add({ service: 'ollama', ...impossible });
    const passedOn = await lookAtTypedIn(9_003);
    expect(passedOn).toMatchObject({ status: 'succeeded', losses: [] });
    expect(await outcomes(passedOn)).toEqual(['ollama invalid', 'ollama invalid', 'glm ok']);

    for (const run of [repaired, passedOn]) {
      const row = await scored(run);
      expect(row).toMatchObject({ scoredBy: 'model', score: (run.output as { score: number }).score });
      expect(row?.score).toBeLessThanOrEqual(100);
      expect(row?.scoreReasons).not.toContain('Пишет охотно.');
    }
  });

  it('is scored by rules where every model gives it a score out of range, and says so', async () => {
    for (const service of ['ollama', 'openai'] as const)
      await product.outside.mischief.add({ service, ...impossible });
    const run = await lookAtTypedIn(9_004);
    expect(run).toMatchObject({
      status: 'degraded',
      losses: [{ missing: 'a model to score the client', instead: 'rules scored the client' }],
    });
    const row = await scored(run);
    expect(row).toMatchObject({ scoredBy: 'rules' });
    expect(row?.score).toBeLessThanOrEqual(100);
    expect(new Set(await outcomes(run))).toEqual(
      new Set(['ollama invalid', 'glm invalid', 'openai invalid']),
    );
  });

  // Last: the providers are left alone for a while after this.
  it('is scored by rules while no model can be reached, and says so', async () => {
    for (const service of ['ollama', 'openai'] as const) await product.outside.mischief.takeDown(service);
    const { chat, lead, order } = await known({ answered: 0, missed: 0 });
    await order();
    const run = await ended(chat);
    expect(run.status).toBe('degraded');
    expect(JSON.stringify(run.losses)).toContain('a model to score the client');
    expect(await scored(run)).toMatchObject({ scoredBy: 'rules', callsAnswered: 0, callsMissed: 0 });
    expect((await looks(lead))[0]).toContain('по правилам');
  });
});

describe('the second look at a lead', () => {
  it('comes when its three days are over, although the worker that began to wait is gone', async () => {
    const product = await startProduct({
      name: 'lead-followup-later',
      bundle: await movingClockBundle(),
      roles: ['api', 'projector'],
    });
    const first = await product.start(['worker']);
    const chat = product.chat();
    await chat.say('Хочу заказать шкаф, меня зовут Пётр, телефон +7 701 555 60 60');
    const look = async () => (await chat.runs()).find((run) => run.processId === 'lead_followup');
    await eventually('the wait for the second look', async () => (await look())?.waitingOn === 'timer');
    await chat.settled();
    const comments = async () =>
      (await product.outside.bitrix.comments()).filter(({ comment }) => comment.includes('оценка'));
    await first.stop();
    const second = await product.start(['worker']);
    await passTime(chat, product.temporal, milliseconds('2 days'));
    expect(await look()).toMatchObject({ status: 'running', waitingOn: 'timer' });
    expect(await comments()).toHaveLength(1);
    await passTime(chat, product.temporal, milliseconds('25 hours'));
    const run = await eventually('the second look', async () => {
      const found = await look();
      return found?.endedAt ? found : undefined;
    });
    expect(run).toMatchObject({ status: 'succeeded', output: { look: 2 } });
    const said = (await comments()).map(({ comment }) => /(первая|повторная) оценка/.exec(comment)?.[1]);
    expect(said).toEqual(['первая', 'повторная']);
    await second.stop();
    await product.stop();
  });
});
