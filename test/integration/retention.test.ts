import { MockActivityEnvironment } from '@temporalio/testing';
import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRetentionActivities } from '../../activities/retention/activities.ts';
import { expiredQuery } from '../../db/queries/retention.ts';
import { AGEING, type Ageing, RETENTION_DAYS } from '../../domain/retention.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { CHANNEL, CONVERSATION, OTHER, storeChat, TENANT } from '../support/stored-chat.ts';

/** Of each kind: young rows, old ones, and old ones that something still needs. */
const OLD = 1_200;
const YOUNG = 60;

describe('retention', () => {
  let database: TestDatabase;
  const run = (statement: SQL) => database.db.execute(statement);
  const deleted: [string, number][] = [];
  const environment = new MockActivityEnvironment();
  const activities = () =>
    createRetentionActivities({
      db: database.db,
      settings: { days: RETENTION_DAYS, batchSize: 500, pauseMs: 0 },
      onDeleted: (what, rows) => deleted.push([what, rows]),
    });
  const sweep = async (what: Ageing) =>
    (await environment.run(activities().deleteExpired, { tenantId: TENANT, what })) as {
      deleted: number;
      done: boolean;
    };
  const left = async (table: string, where = sql`true`) => {
    const [row] = await run(sql`select count(*)::int as count from ${sql.identifier(table)} where ${where}`);
    return row?.count;
  };

  beforeAll(async () => {
    database = await createTestDatabase('retention');
    await storeChat(database.db);
    // Every tenth old run is open still; n is the age in days behind 200 for the old, below 7 for the young.
    const rows = sql`(select n, n <= ${OLD} as old, n % 10 = 0 as open, 'answer/c/' || n as workflow,
      case when n <= ${OLD} then now() - interval '200 days' - n * interval '1 minute' else now() - interval '1 hour' end as at
      from generate_series(1, ${OLD + YOUNG}) n) o`;
    await run(sql`insert into process_runs (run_id, tenant_id, workflow_id, process_id, status, correlation_id, losses,
        current_run_id, chain_place, last_event_id, queued_at, ended_at)
      select md5('r' || n)::uuid, ${TENANT}, workflow, 'answer', case when open then 'running' else 'succeeded' end, 'c', '[]',
        md5('r' || n)::uuid, 0, 1, at, case when open then null else at end from ${rows}`);
    await run(sql`insert into process_run_steps (run_id, tenant_id, step_number, key, kind, name, status, attempts, scheduled_at)
      select run_id, tenant_id, 1, 's', 'activity', 'work', 'running', 1, queued_at from process_runs`);
    await run(sql`insert into llm_calls (id, tenant_id, run_id, workflow_id, step, purpose, role, provider, model, attempt,
        prompt_tokens, completion_tokens, currency, duration_ms, outcome, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, md5('r' || n)::uuid, workflow, 's', 'answer', 'main', 'ollama', 'm', 1, 1, 1,
        'USD', 1, 'ok', 'c', at from ${rows}`);
    await run(sql`insert into automation_events (id, tenant_id, event_type, subject, data, actor, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, case n % 10 when 1 then 'customer.joined' else 'run.noted' end, workflow, '{}',
        'system', 'c', at from ${rows}`);
    await run(sql`insert into sends (id, tenant_id, channel_id, conversation_id, chat_id, key, part, workflow_id, chunk, state,
        correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, ${CHANNEL}, ${CONVERSATION}, 'chat', workflow || '/say/1', 0, workflow, '{}',
        case n % 10 when 1 then 'unknown' else 'sent' end, 'c', at from ${rows}`);
    await run(sql`insert into drafts (id, tenant_id, key, content, created_at)
      select gen_random_uuid(), ${TENANT}, workflow || '/draft/answer', '{}', at from ${rows}`);
    await run(sql`insert into updates (id, tenant_id, channel_id, update_id, raw, kind, received_at)
      select gen_random_uuid(), ${TENANT}, ${CHANNEL}, n, '{"text": "hello"}', 'message', at from ${rows}`);
    await run(sql`insert into callbacks (id, tenant_id, key, workflow_id, secret, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, workflow || '/callback/1', workflow, 's', 'c', at from ${rows}`);
    await run(sql`insert into deliveries (id, tenant_id, process, key, workflow_id, fingerprint, correlation_id, created_at, settled_at)
      select gen_random_uuid(), ${TENANT}, 'answer', n::text, workflow, 'f', 'c', at, case when n % 10 = 1 then null else at end
      from ${rows}`);
    await run(sql`insert into alarms (id, tenant_id, kind, subject, severity, words, raised_at, cleared_at, notify)
      select gen_random_uuid(), ${TENANT}, 'run_stuck', n::text, 'warning', '{}', at, case when n % 10 = 0 then null else at end,
        false from ${rows}`);
    await run(sql`insert into llm_budgets (tenant_id, budget, day) select ${TENANT}, 'all', current_date - n
      from generate_series(0, 120) n`);
    await run(sql`analyze`);
  });
  afterAll(() => database.close());

  it.each(AGEING)('finds old %s by an index, oldest first, without sorting', async (what) => {
    const [row] = await run(
      sql`explain (format json) ${expiredQuery(TENANT, what, RETENTION_DAYS[what], 50)}`,
    );
    const plan = JSON.stringify(row?.['QUERY PLAN']);
    expect(plan).toMatch(/"Index Name":\s*"[a-z_]+(_age|_newest)"/);
    expect(plan).not.toMatch(/"Node Type":\s*"(Incremental )?Sort"/);
  });

  it('counts what would go, and deletes nothing, in a dry run', async () => {
    const counts = await environment.run(activities().countExpired, { tenantId: TENANT });
    const tenth = OLD / 10;
    expect(counts).toEqual({
      runs: OLD - tenth,
      llmCalls: OLD - tenth,
      events: OLD - 2 * tenth,
      sends: OLD - 2 * tenth,
      drafts: OLD - tenth,
      updates: OLD,
      callbacks: OLD - tenth,
      deliveries: OLD - 2 * tenth,
      alarms: OLD - tenth,
    });
    expect(await left('process_runs')).toBe(OLD + YOUNG);
    expect(await environment.run(activities().countExpired, { tenantId: OTHER })).toEqual(
      Object.fromEntries(AGEING.map((what) => [what, 0])),
    );
  });

  it('deletes in batches, and leaves what is young, what an open run needs, and what is in doubt', async () => {
    const open = sql`workflow_id in (select workflow_id from process_runs where ended_at is null)`;
    for (const what of AGEING) {
      const { deleted: rows, done } = await sweep(what);
      expect(done).toBe(true);
      expect(rows).toBeGreaterThan(0);
    }
    expect(deleted.every(([, rows]) => rows <= 500)).toBe(true);
    expect(deleted.filter(([what]) => what === 'runs').map(([, rows]) => rows)).toEqual([500, 500, 80]);

    const stillOpen = (OLD + YOUNG) / 10;
    for (const table of ['llm_calls', 'sends', 'callbacks']) expect(await left(table, open)).toBe(stillOpen);
    expect(await left('drafts', sql`split_part(key, '/', 3)::int % 10 = 0`)).toBe(stillOpen);
    expect(await left('process_run_steps')).toBe(await left('process_runs'));
    expect(await left('process_runs')).toBe(YOUNG + OLD / 10);
    expect(await left('sends', sql`state = 'unknown'`)).toBe(stillOpen);
    expect(await left('automation_events', sql`event_type = 'customer.joined'`)).toBe(stillOpen);
    expect(await left('deliveries', sql`settled_at is null`)).toBe(stillOpen);
    // A repetition is known by its key, without a limit of time.
    expect(await left('updates')).toBe(OLD + YOUNG);
    expect(await left('updates', sql`raw <> '{}'::jsonb`)).toBe(YOUNG);
    for (const what of AGEING) expect(await sweep(what)).toEqual({ deleted: 0, done: true });
  });

  it('notes what went, once it is done', async () => {
    const counts = { runs: 7 };
    const request = { tenantId: TENANT, workflowId: 'retention/1', correlationId: 'c', counts };
    expect(await environment.run(activities().finishRetention, request)).toEqual({ budgets: 30 });
    const [event] = await run(sql`select data from automation_events where event_type = 'retention.done'`);
    expect(event?.data).toEqual({ runs: 7, budgets: 30 });
  });
});
