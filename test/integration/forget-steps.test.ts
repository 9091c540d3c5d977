import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { NativeConnection, Worker } from '@temporalio/worker';
import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { Crm } from '../../activities/crm/contract.ts';
import { createForgetActivities, type LeadToErase } from '../../activities/forget/activities.ts';
import type { HistoriesDeleted } from '../../activities/forget/contract.ts';
import { leads } from '../../db/schema/index.ts';
import { say } from '../../domain/texts/catalogue.ts';
import { DEFAULT_TIMING } from '../../domain/timing.ts';
import type { RunStart } from '../../workflows/kit/start.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { temporalAddress } from '../setup/temporal.ts';
import { eventually } from '../support/eventually.ts';
import { installTestRuntime } from '../support/runtime.ts';

const TENANT = '01990000-0000-7000-8000-000000000001';
const CHANNEL = '01990000-0000-7000-8000-000000000002';
const CUSTOMER = '01990000-0000-7000-8000-000000000003';
const CHAT = '01990000-0000-7000-8000-000000000004';
const OWN_LEAD = '01990000-0000-7000-8000-000000000005';
const TYPED_LEAD = '01990000-0000-7000-8000-000000000006';

describe('what is erased of a customer whose leads others work on', () => {
  let database: TestDatabase;
  const environment = new MockActivityEnvironment();
  const ended: string[] = [];
  const removed: string[] = [];
  const whom = { tenantId: TENANT, customerId: CUSTOMER, self: 'forget/x/erase', correlationId: 'c' };
  const steps = (keeps: boolean) =>
    createForgetActivities({
      db: database.db,
      histories: {
        end: async (workflowId) => void ended.push(workflowId),
        renew: async () => undefined,
        executions: async () => [],
        remove: async (workflowId) => {
          removed.push(workflowId);
          return 'deleted';
        },
      },
      keepsLeads: () => keeps,
      crm: (): Crm => {
        throw new Error('No CRM is asked here.');
      },
    });
  const erase = async (keeps: boolean) =>
    (await environment.run(steps(keeps).eraseData, { ...whom, actor: 'customer' })) as {
      leadsKept: boolean;
      inCrm: LeadToErase[];
    };
  const stored = () => database.db.select().from(leads).orderBy(leads.number);

  beforeAll(async () => {
    database = await createTestDatabase('forget_steps');
    const run = (statement: ReturnType<typeof sql>) => database.db.execute(statement);
    await run(sql`insert into tenants (id, slug, name) values (${TENANT}, 'default', 'Test')`);
    await run(
      sql`insert into channels (id, tenant_id, name, kind) values (${CHANNEL}, ${TENANT}, 'default', 'telegram')`,
    );
    await run(sql`insert into customers (id, tenant_id, name, phone, email)
      values (${CUSTOMER}, ${TENANT}, 'Anna', '+77015557788', 'anna@example.kz')`);
    await run(sql`insert into conversations (id, tenant_id, channel_id, chat_id, customer_id, locale)
      values (${CHAT}, ${TENANT}, ${CHANNEL}, '1', ${CUSTOMER}, 'ru')`);
    await run(sql`insert into leads (id, tenant_id, number, key, customer_id, name, email, status, updated_at) values
      (${OWN_LEAD}, ${TENANT}, 1, 'lead/1', ${CUSTOMER}, 'Anna', null, 'complete', now()),
      (${TYPED_LEAD}, ${TENANT}, 2, 'api/k', null, 'Anna', 'Anna@example.kz', 'complete', now())`);
    await run(sql`insert into crm_links (tenant_id, lead_id, entity, external_id, how)
      select ${TENANT}, id, 'lead', number::text, 'created' from leads`);
    const execution = (workflowId: string, process: string, parent: string | null, open: boolean) =>
      run(sql`insert into process_runs (run_id, tenant_id, workflow_id, process_id, status, customer_id, parent_workflow_id,
          correlation_id, losses, current_run_id, chain_place, last_event_id, queued_at, ended_at, input)
        select id, ${TENANT}, ${workflowId}, ${process}, ${open ? 'running' : 'succeeded'}, null, ${parent}, 'c', '[]', id, 0, 1,
          now(), ${open ? null : new Date().toISOString()}::timestamptz, '{"name": "Anna"}' from gen_random_uuid() id`);
    await execution('lead/1', 'lead', null, false);
    for (const lead of [OWN_LEAD, TYPED_LEAD]) {
      await execution(`crm_push/${lead}`, 'crm_push', null, true);
      await execution(`lead_followup/after/crm_push/${lead}`, 'lead_followup', `crm_push/${lead}`, true);
    }
  });
  afterAll(() => database.close());

  it('leads, their links and their pushes stay as they are where the tenant keeps them; everything else goes', async () => {
    await environment.run(steps(true).endRuns, { ...whom, how: 'cancel' as const });
    const looks = [OWN_LEAD, TYPED_LEAD].map((lead) => `lead_followup/after/crm_push/${lead}`);
    expect(ended.toSorted()).toEqual(looks);
    await database.db.execute(sql`update process_runs set status = 'cancelled', ended_at = now()
      where process_id = 'lead_followup'`);
    await environment.run(steps(true).deleteHistories, { ...whom, ending: [] });
    expect(removed.toSorted()).toEqual(['lead/1', ...looks]);

    const before = await stored();
    expect(await erase(true)).toMatchObject({ leadsKept: true, inCrm: [], leads: 0, messages: 0 });
    expect(await stored()).toEqual(before);
    const [customer] = await database.db.execute(sql`select name, phone, email from customers`);
    expect(customer).toEqual({ name: null, phone: null, email: null });
    const [pushes] = await database.db.execute(
      sql`select count(*)::int as kept from process_runs where process_id = 'crm_push' and input is not null`,
    );
    expect(pushes).toEqual({ kept: 2 });
  });

  it('leads go where nobody keeps them, also those that are theirs by a proved e-mail, and are found again', async () => {
    await database.db.execute(sql`update customers set email = 'anna@example.kz'`);
    const { inCrm, leadsKept } = await erase(false);
    expect(leadsKept).toBe(false);
    expect(inCrm.map(({ number }) => number).toSorted()).toEqual([1, 2]);
    expect(await stored()).toMatchObject([
      { name: null, key: 'lead/1', customerId: CUSTOMER },
      { name: null, email: null, key: `erased/${TYPED_LEAD}`, customerId: CUSTOMER },
    ]);
    // The proof is erased now, and what is left to delete is still known to be theirs.
    removed.length = 0;
    await database.db.execute(
      sql`update process_runs set status = 'cancelled', ended_at = now() where ended_at is null`,
    );
    await environment.run(steps(false).deleteHistories, {
      ...whom,
      ending: [],
      begunBefore: Date.now() + 60_000,
    });
    expect(removed).toContain(`crm_push/${TYPED_LEAD}`);
    // Runs that began after the wish are let be.
    removed.length = 0;
    await environment.run(steps(false).deleteHistories, { ...whom, ending: [], begunBefore: 1 });
    expect(removed).toEqual([]);
  });
});

/** The process as it ships; its steps do what a test tells them. */
describe('an erasure that others do not let finish', () => {
  const taskQueue = `forget-steps-${randomUUID()}`;
  const timing = { ...DEFAULT_TIMING, outagePauseMs: 20, outagePauseMaxMs: 40, unclearWriteMs: 50 };
  const lead: LeadToErase = { leadId: OWN_LEAD, number: 1, entity: 'lead', externalId: '7' };

  /** Told by each test, and what it then saw. */
  let script: { deletes(): HistoriesDeleted; asks(lead: LeadToErase): void; inCrm: LeadToErase[] };
  let seen: { said: string[]; order: string[]; begunBefore: unknown[]; requests: unknown[] };
  const activities = {
    endRuns: async () => {
      seen.order.push('end');
      return 0;
    },
    renewConversations: async () => ['ending'],
    deleteHistories: async ({ begunBefore }: { begunBefore?: number }) => {
      seen.order.push('delete');
      seen.begunBefore.push(begunBefore);
      return script.deletes();
    },
    eraseData: async () => {
      seen.order.push('erase');
      return { messages: 1, runs: 1, leads: 1, leadsKept: false, inCrm: script.inCrm };
    },
    askCrmToErase: async (request: { lead: LeadToErase }) => script.asks(request.lead),
    recordRequest: async (request: { kind: string; details?: object }) => {
      seen.requests.push([request.kind, request.details]);
      return { number: 5 };
    },
    send: async ({ content }: { content: { text: string } }) => {
      seen.said.push(content.text);
      return { state: 'sent', platformIds: ['1'] };
    },
  };

  let native: NativeConnection;
  let connection: Connection;
  let client: Client;
  let stop: () => Promise<void>;
  beforeAll(async () => {
    installTestRuntime();
    const address = temporalAddress();
    [native, connection] = [
      await NativeConnection.connect({ address }),
      await Connection.connect({ address }),
    ];
    client = new Client({ connection });
    const worker = await Worker.create({
      connection: native,
      taskQueue,
      workflowBundle: { codePath: inject('workflowBundle') },
      activities,
    });
    const running = worker.run();
    stop = async () => {
      worker.shutdown();
      await running;
    };
  });
  afterAll(async () => {
    await stop();
    await native.close();
    await connection.close();
  });

  async function begin(told: Partial<typeof script>) {
    script = {
      deletes: () => ({ deleted: 2, left: 0, refused: false }),
      asks: () => undefined,
      inCrm: [],
      ...told,
    };
    seen = { said: [], order: [], begunBefore: [], requests: [] };
    const start: RunStart = {
      input: { customerId: CUSTOMER },
      tenantId: TENANT,
      tenantSlug: 'default',
      conversationId: CHAT,
      locale: 'en',
      country: 'KZ',
      correlationId: 'c',
      messages: [],
      timing,
    };
    return client.workflow.start('forget', {
      workflowId: `forget/${randomUUID()}`,
      taskQueue,
      args: [start],
    });
  }

  it('is done as far as it goes, shows what Temporal refuses, and is finished when it does not any more', async () => {
    let allowed = false;
    const run = await begin({
      deletes: () =>
        allowed ? { deleted: 3, left: 0, refused: false } : { deleted: 1, left: 0, refused: true },
    });
    await eventually('the run to try again and again', async () => {
      const { memo } = await run.describe();
      return seen.begunBefore.length > 3 && String(memo?.details).includes('refuses to delete histories');
    });
    expect(seen.said).toEqual([say('en', 'forget.histories_left')]);
    allowed = true;
    const result = await run.result();
    expect(result).toMatchObject({ outcome: 'succeeded', losses: [] });
    expect(result.output.histories).toBe(seen.begunBefore.length - 1 + 3);
    expect(seen.said).toEqual([say('en', 'forget.histories_left'), say('en', 'forget.done')]);
    // The tables do not wait for it, and nothing that the customer begins meanwhile is ended or deleted.
    expect(seen.order.slice(0, 4)).toEqual(['end', 'delete', 'erase', 'delete']);
    expect(seen.order.filter((step) => step === 'end')).toHaveLength(1);
    expect(seen.begunBefore[0]).toBeUndefined();
    expect(seen.begunBefore.slice(1).every((ms) => typeof ms === 'number' && ms <= Date.now())).toBe(true);
  });

  it('asks managers while Temporal refuses, each lead once, and whom the CRM refuses for good goes to a person', async () => {
    const tries: string[] = [];
    const fail = (kind: string) => ApplicationFailure.nonRetryable('no', `bitrix24.${kind}`);
    const run = await begin({
      inCrm: [lead, { ...lead, leadId: TYPED_LEAD, externalId: '8' }],
      deletes: () => ({
        deleted: 0,
        left: 0,
        refused: seen.order.filter((step) => step === 'delete').length < 4,
      }),
      asks: ({ externalId }) => {
        tries.push(externalId);
        if (externalId === '8') throw fail('refused');
        if (tries.length < 4) throw fail(tries.length === 1 ? 'unknown' : 'unavailable');
      },
    });
    expect(await run.result()).toMatchObject({ outcome: 'degraded' });
    expect(tries).toEqual(['7', '8', '7', '7']);
    expect(seen.requests).toEqual([['task', { erase: 'lead 8' }]]);
    expect(seen.said.at(-1)).toBe(say('en', 'forget.done'));
  });
});
