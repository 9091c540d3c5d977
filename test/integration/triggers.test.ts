import { createHmac } from 'node:crypto';
import { ScheduleNotFoundError } from '@temporalio/client';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { automationEvents, deliveries, processRuns, tenants } from '../../db/schema/index.ts';
import { startHooks } from '../../workers/intake/hooks.ts';
import { keepSchedules } from '../../workers/schedules/keeper.ts';
import { type PlanParts, planSchedules } from '../../workers/schedules/plan.ts';
import type { ProcessDefinition, Trigger } from '../../workflows/kit/definition.ts';
import { PROCESSES } from '../../workflows/registry.ts';
import { priceChanged, report } from '../fixtures/workflows/triggered.ts';
import { startWithFixtures } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import type { Product } from '../support/product.ts';

const SECRET = 'a-secret-of-the-price-list';
const FIXTURES = [report, priceChanged].map((p) => p.definition as unknown as ProcessDefinition);
const log = createLogger({ level: 'fatal' });

describe('a process is begun without a chat', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startWithFixtures({
      name: 'triggers',
      env: { HOOK_SECRET_PRICE_CHANGED: SECRET },
      processes: [...PROCESSES, ...FIXTURES],
    });
  });
  afterAll(() => product.stop());

  const ended = (workflowId: string) =>
    eventually(`${workflowId} to succeed`, async () => {
      const [run] = await product.db.select().from(processRuns).where(eq(processRuns.workflowId, workflowId));
      return run?.status === 'succeeded' ? run : undefined;
    });

  describe('by the clock', () => {
    const scheduleId = () => `dirigent/${product.settings.temporal.taskQueue}/default/report/1`;
    const schedule = () => product.temporal.schedule.getHandle(scheduleId());
    const parts = (over: Partial<PlanParts> = {}): PlanParts => ({
      settings: product.settings,
      processes: FIXTURES,
      tenantId: () => '0192a000-0000-7000-8000-000000000001',
      ...over,
    });
    /** A worker that comes up with these definitions. */
    async function comesUp(planned: PlanParts) {
      const { taskQueue } = product.settings.temporal;
      const options = { client: product.temporal, taskQueue, log, engine: { ready: Promise.resolve() } };
      const keeper = keepSchedules({ ...options, planned: planSchedules(planned) });
      await keeper.kept;
    }
    const withTrigger = (trigger: Trigger): ProcessDefinition[] =>
      FIXTURES.map((process) => (process.name === 'report' ? { ...process, triggers: [trigger] } : process));

    it('as a run like any other, whose firing names it', async () => {
      await eventually('the schedule', async () => {
        try {
          await schedule().trigger();
          return true;
        } catch (error) {
          if (error instanceof ScheduleNotFoundError) return false;
          throw error;
        }
      });
      const workflowId = await eventually('the firing', async () => {
        const { recentActions } = (await schedule().describe()).info;
        return (
          recentActions[0]?.action.type === 'startWorkflow' && recentActions[0].action.workflow.workflowId
        );
      });
      const run = await ended(workflowId);
      expect(run).toMatchObject({ processId: 'report', input: { about: 'the year' }, conversationId: null });
      expect(workflowId).toContain(`report/schedule/${run.tenantId}/1-`);
      expect(run.correlationId).toBe(workflowId);
      expect(run.output).toEqual({ about: 'the year', correlationId: workflowId });
    });

    it('with a changed definition, while what somebody has paused stays paused', async () => {
      await schedule().pause('the accountant is away');
      const changed = withTrigger({ on: 'schedule', cron: '30 7 * * 1', timeZone: 'Asia/Almaty', input: {} });
      // Two replicas at once.
      await Promise.all([comesUp(parts({ processes: changed })), comesUp(parts({ processes: changed }))]);
      const { spec, state } = await schedule().describe();
      expect(spec.calendars?.[0]).toMatchObject({ hour: [{ start: 7 }], minute: [{ start: 30 }] });
      expect(spec.timezone).toBe('Asia/Almaty');
      expect(state).toMatchObject({ paused: true, note: 'the accountant is away' });
    });

    it('no more once it is not defined, and schedules of others are left alone', async () => {
      const taskQueue = `${product.settings.temporal.taskQueue}-neighbour`;
      const settings = { ...product.settings, temporal: { ...product.settings.temporal, taskQueue } };
      const [neighbour] = planSchedules(parts({ settings }));
      if (!neighbour) throw new Error('There is nothing to create.');
      const other = await product.temporal.schedule.create(neighbour.options);
      // The list that tells what is to be deleted lags.
      await eventually('the schedule to be gone', async () => {
        await comesUp(parts({ processes: PROCESSES }));
        return schedule()
          .describe()
          .then(
            () => false,
            (error) => error instanceof ScheduleNotFoundError,
          );
      });
      expect((await other.describe()).scheduleId).toBe(neighbour.id);
      await other.delete();
    });

    it('only if its definition can be read', () => {
      const bad = (trigger: Partial<Trigger>) => () =>
        planSchedules(parts({ processes: withTrigger({ ...trigger, on: 'schedule' } as Trigger) }));
      expect(bad({ cron: 'daily', timeZone: 'UTC' })).toThrow(/report.*five fields/);
      expect(bad({ cron: '* * * * *', timeZone: 'Asia/Nowhere' })).toThrow(/report.*Asia\/Nowhere/);
    });
  });

  describe('by another system', () => {
    let key = 0;
    const post = (body: unknown, headers: Record<string, string> = {}, path = '/hooks/price_changed') =>
      product.api(path, {
        method: 'POST',
        headers: { authorization: '', 'x-hook-secret': SECRET, 'idempotency-key': `k-${++key}`, ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      });

    it('once for each delivery, however often it is sent', async () => {
      const body = { sku: 'K-1', price: 990 };
      const named = { 'idempotency-key': 'change-17' };
      const first = await post(body, named);
      expect(first.status).toBe(202);
      const { workflow_id: workflowId } = (await first.json()) as { workflow_id: string };
      const again = await post(body, named);
      expect(again.status).toBe(200);
      expect(await again.json()).toEqual({
        workflow_id: workflowId,
        process: 'price_changed',
        existing: true,
      });
      expect((await post({ ...body, price: 1 }, named)).status).toBe(409);
      expect((await ended(workflowId)).output).toEqual({ item: 'K-1', price: 990 });
      const events = await product.db
        .select()
        .from(automationEvents)
        .where(eq(automationEvents.subject, workflowId));
      expect(events).toMatchObject([{ eventType: 'hook.delivered', actor: 'hook:price_changed' }]);
      const [stored] = await product.db
        .select()
        .from(deliveries)
        .where(eq(deliveries.workflowId, workflowId));
      expect(stored).toMatchObject({ input: null, refusal: null });
      // Senders put phone numbers into names.
      expect(JSON.stringify(stored)).not.toContain('change-17');
      expect(stored?.settledAt).not.toBeNull();
    });

    it('that knows the secret, or signs with it', async () => {
      const body = JSON.stringify({ sku: 'K-2', price: 10 });
      const at = String(Math.floor(Date.now() / 1_000));
      const signed = (secret: string) => ({
        'idempotency-key': 'signed',
        'x-hook-secret': '',
        'x-hook-timestamp': at,
        'x-hook-signature': `sha256=${createHmac('sha256', secret).update(`${at}\nsigned\n${body}`).digest('hex')}`,
      });
      expect((await post(body, signed(SECRET))).status).toBe(202);
      expect((await post(body, signed('guessed'))).status).toBe(401);
      expect((await post(`${body} `, signed(SECRET))).status).toBe(401);
      expect((await post(body, { ...signed(SECRET), 'idempotency-key': 'another' })).status).toBe(401);
      expect((await post(body, { 'x-hook-secret': 'guessed' })).status).toBe(401);
      expect((await post(body, {}, '/hooks/report')).status).toBe(401);
      expect((await post(body, {}, '/hooks/price_changed?tenant=other')).status).toBe(401);
    });

    it('that says what the schema asks for, and names its delivery', async () => {
      const refused = await post({ sku: '', price: 'ten' });
      expect(refused.status).toBe(422);
      const { errors } = (await refused.json()) as { errors: { pointer: string }[] };
      expect(errors.map(({ pointer }) => pointer).sort()).toEqual(['#/price', '#/sku']);
      expect((await post('{')).status).toBe(400);
      expect((await post('sku=K-1', { 'content-type': 'application/x-www-form-urlencoded' })).status).toBe(
        415,
      );

      const unnamed = async (body: object) => {
        const response = await fetch(`${product.env.PUBLIC_URL}/hooks/price_changed`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-hook-secret': SECRET },
          body: JSON.stringify(body),
        });
        return response.status;
      };
      expect(await unnamed({ sku: 'K-3', price: 1 })).toBe(400);
      expect(await unnamed({ event: 'e-1', sku: 'K-3', price: 1 })).toBe(202);
      expect(await unnamed({ event: 'e-1', sku: 'K-3', price: 1 })).toBe(200);
    });

    it('later, when Temporal cannot be reached now', async () => {
      const [tenant] = await product.db.select().from(tenants);
      if (!tenant) throw new Error('There is no tenant.');
      const cutOff = startHooks({
        db: product.db,
        guard: (store) => store(),
        starter: { start: async () => ({ kind: 'unavailable' }) },
        processes: FIXTURES,
        tenants: product.settings.tenants,
        tenantId: () => tenant.id,
        log,
      });
      const { kind, workflowId } = await cutOff.accept({
        tenantId: tenant.id,
        process: 'price_changed',
        key: 'cut-off',
        input: { item: 'K-4', price: 44 },
        fingerprint: 'of K-4',
        correlationId: 'c-cut-off',
      });
      await cutOff.stop();
      expect(kind).toBe('stored');
      // Another replica, which reaches it, finds what was left behind.
      const run = await ended(workflowId);
      expect(run).toMatchObject({ output: { item: 'K-4', price: 44 }, correlationId: 'c-cut-off' });
    });

    it('as the API tells it', async () => {
      const told = await (await product.api('/api/v1/processes/price_changed')).json();
      expect(told).toMatchObject({
        triggers: [
          { on: 'webhook', path: '/hooks/price_changed', body_schema: { required: ['sku', 'price'] } },
        ],
      });
    });
  });
});
