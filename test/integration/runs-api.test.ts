import { sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { authorised, testApp } from '../../api/testing.ts';
import { createRunsRead, listQuery, MAX_DETAIL_ROWS, type RunFilter } from '../../db/queries/runs-read.ts';
import {
  channels,
  conversations,
  customers,
  llmCalls,
  processRunSteps,
  processRuns,
  sends,
  tenants,
} from '../../db/schema/index.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

type NewRun = typeof processRuns.$inferInsert;

const HOUR = 3_600_000;
const T0 = Date.UTC(2026, 0, 31, 9);

describe('runs as the API reads them', () => {
  let database: TestDatabase;
  let tenantId = '';
  let otherTenant = '';

  beforeAll(async () => {
    database = await createTestDatabase('runs_api');
    const rows = await database.db
      .insert(tenants)
      .values([
        { slug: 'default', name: 'one' },
        { slug: 'other', name: 'two' },
      ])
      .returning();
    tenantId = rows[0]?.id as string;
    otherTenant = rows[1]?.id as string;
  });
  afterAll(() => database.close());

  const run = (over: Partial<NewRun> = {}): NewRun => {
    const runId = over.runId ?? v7();
    return {
      runId,
      tenantId,
      workflowId: `lead/${runId}`,
      processId: 'lead',
      status: 'running',
      correlationId: 'c',
      losses: [],
      currentRunId: runId,
      chainPlace: 0,
      lastEventId: 1,
      queuedAt: new Date(T0),
      ...over,
    };
  };
  const ended = { status: 'succeeded', endedAt: new Date(T0 + HOUR) } as const;
  const reader = () => createRunsRead(database.db);
  const app = () =>
    testApp({
      runs: reader(),
      tenants: {
        resolve: async (slug) => {
          const id =
            slug === undefined || slug === 'default' ? tenantId : slug === 'other' ? otherTenant : undefined;
          return id === undefined ? undefined : { id, slug: slug ?? 'default' };
        },
      },
    }).app;

  it('pages through runs of the same instant without leaving out or repeating one, while new ones arrive', async () => {
    const process = 'paged';
    const rows = Array.from({ length: 23 }, (_, i) =>
      run({ processId: process, queuedAt: new Date(T0 + Math.floor(i / 10)) }),
    );
    await database.db.insert(processRuns).values(rows);
    const api = app();
    const found: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query = `process=${process}&limit=5${cursor === '' ? '' : `&cursor=${cursor}`}`;
      const response = await api.request(`/api/v1/runs?${query}`, { headers: authorised() });
      const page = (await response.json()) as {
        runs: Array<{ run_id: string; queued_at: string }>;
        next_cursor: string | null;
      };
      expect(page.runs.length).toBeLessThanOrEqual(5);
      found.push(...page.runs.map(({ run_id }) => run_id));
      cursor = page.next_cursor;
      // Newer than everything: it belongs on a first page, never on a later one.
      await database.db
        .insert(processRuns)
        .values(run({ processId: process, queuedAt: new Date(T0 + HOUR) }));
    }
    const expected = rows
      .toSorted((a, b) => b.queuedAt.getTime() - a.queuedAt.getTime() || (a.runId < b.runId ? 1 : -1))
      .map(({ runId }) => runId);
    expect(found).toEqual(expected);
  });

  it('has no next page when the last one is exactly full', async () => {
    await database.db
      .insert(processRuns)
      .values(Array.from({ length: 4 }, () => run({ processId: 'exact' })));
    const page = await reader().list(tenantId, { process: 'exact' }, { limit: 4 });
    expect(page.rows).toHaveLength(4);
    expect(page.next).toBeUndefined();
  });

  it('applies every filter, alone and together, and never shows another tenant', async () => {
    const customerId = v7();
    const conversationId = v7();
    const wanted = run({
      processId: 'filtered',
      status: 'waiting_user',
      waitingOn: 'customer',
      customerId,
      conversationId,
      queuedAt: new Date(T0 + 2 * HOUR),
    });
    await database.db.insert(processRuns).values([
      wanted,
      run({ processId: 'filtered', queuedAt: new Date(T0) }),
      run({
        processId: 'filtered',
        ...ended,
        queuedAt: new Date(T0 + 4 * HOUR),
        endedAt: new Date(T0 + 5 * HOUR),
      }),
      run({ ...wanted, runId: v7(), currentRunId: v7(), tenantId: otherTenant }),
    ]);
    const base = { process: 'filtered' };
    const filters: RunFilter[] = [
      { ...base, status: 'waiting_user' },
      { ...base, waitingOn: 'customer' },
      { customerId },
      { conversationId },
      { workflowId: wanted.workflowId },
      { ...base, since: new Date(T0 + 2 * HOUR), until: new Date(T0 + 4 * HOUR) },
      { ...base, status: 'waiting_user', waitingOn: 'customer', customerId, conversationId },
    ];
    for (const filter of filters) {
      const { rows } = await reader().list(tenantId, filter, { limit: 10 });
      expect(
        rows.map(({ runId }) => runId),
        JSON.stringify(filter),
      ).toEqual([wanted.runId]);
    }
    expect((await reader().list(tenantId, base, { limit: 10 })).rows).toHaveLength(3);
    expect(await reader().get(otherTenant, wanted.runId as string)).toBeUndefined();
  });

  it('finds a chain by its first and newest run id, and the open run before older and newer ended ones', async () => {
    const workflowId = 'lead/again/1';
    const currentRunId = v7();
    const open = run({ workflowId, currentRunId, queuedAt: new Date(T0 + HOUR) });
    await database.db
      .insert(processRuns)
      .values([
        run({ workflowId, ...ended, queuedAt: new Date(T0) }),
        open,
        run({ workflowId, ...ended, endedAt: new Date(T0 + 9 * HOUR), queuedAt: new Date(T0 + 2 * HOUR) }),
      ]);
    for (const id of [workflowId, open.runId, currentRunId]) {
      expect((await reader().find(tenantId, id))?.runId, id).toBe(open.runId);
    }
    expect(await reader().find(tenantId, 'lead/nobody')).toBeUndefined();
    expect(await reader().find(tenantId, v7())).toBeUndefined();
  });

  it('shows what a run did: steps in order, model calls and sends of its workflow, unknown ones too', async () => {
    const { db } = database;
    const [channel] = await db
      .insert(channels)
      .values({ tenantId, name: 'default', kind: 'telegram' })
      .returning();
    const [customer] = await db.insert(customers).values({ tenantId }).returning();
    const [conversation] = await db
      .insert(conversations)
      .values({
        tenantId,
        channelId: channel?.id as string,
        chatId: '1',
        customerId: customer?.id as string,
        locale: 'ru',
      })
      .returning();
    const row = run({ workflowId: 'lead/whole/1', input: { a: 1 }, output: null });
    const stranger = run({ workflowId: 'lead/other/1' });
    await db.insert(processRuns).values([row, stranger]);
    const step = (runId: string, stepNumber: number) => ({
      runId,
      tenantId,
      stepNumber,
      key: `0/${stepNumber}`,
      kind: 'activity' as const,
      name: `step${stepNumber}`,
      status: 'succeeded' as const,
      attempts: 1,
      scheduledAt: new Date(T0),
    });
    await db
      .insert(processRunSteps)
      .values([step(row.runId, 2), step(row.runId, 1), step(stranger.runId, 1)]);
    const call = (workflowId: string, attempt: number) => ({
      tenantId,
      runId: row.runId,
      workflowId,
      step: '1',
      purpose: 'extract',
      role: 'fast',
      provider: 'ollama',
      model: 'm',
      attempt,
      promptTokens: 1,
      completionTokens: 1,
      costMicros: 3,
      currency: 'USD',
      durationMs: 5,
      outcome: 'ok',
      correlationId: 'c',
    });
    await db.insert(llmCalls).values([call(row.workflowId, 1), call(stranger.workflowId, 9)]);
    const send = (workflowId: string, part: number, state: 'sent' | 'unknown') => ({
      tenantId,
      channelId: channel?.id as string,
      conversationId: conversation?.id as string,
      chatId: '1',
      key: `${workflowId}/ask`,
      part,
      workflowId,
      chunk: { text: `part ${part}`, entities: [] },
      state,
      correlationId: 'c',
    });
    await db
      .insert(sends)
      .values([
        send(row.workflowId, 0, 'sent'),
        send(row.workflowId, 1, 'unknown'),
        send(stranger.workflowId, 0, 'sent'),
      ]);

    const response = await app().request(`/api/v1/runs/${encodeURIComponent(row.workflowId)}`, {
      headers: authorised(),
    });
    expect(response.status).toBe(200);
    const body = (await response.json()) as Record<string, unknown>;
    expect(body).toMatchObject({
      run_id: row.runId,
      input: { a: 1 },
      steps: [{ number: 1 }, { number: 2 }],
      sends: [
        { part: 0, state: 'sent', text: 'part 0' },
        { part: 1, state: 'unknown', text: 'part 1' },
      ],
      truncated: [],
    });
    expect(body.llm_calls).toMatchObject([{ attempt: 1, cost_micros: 3 }]);
  });

  it('cuts a runaway list and says so', async () => {
    const row = run();
    await database.db.insert(processRuns).values(row);
    await database.db.execute(sql`
      insert into process_run_steps (run_id, tenant_id, step_number, key, kind, name, status, attempts, scheduled_at)
      select ${row.runId}, ${tenantId}, n, n::text, 'timer', 'wait', 'succeeded', 1, now()
      from generate_series(1, ${MAX_DETAIL_ROWS + 1}::int) n`);
    const detail = await reader().get(tenantId, row.runId);
    expect(detail?.steps).toHaveLength(MAX_DETAIL_ROWS);
    expect(detail?.truncated).toEqual(['steps']);
  });

  it('reads lists through their indexes when there are many rows', async () => {
    const { db } = database;
    await db.execute(sql`
      insert into process_runs (run_id, tenant_id, workflow_id, process_id, status, customer_id, correlation_id,
        losses, current_run_id, chain_place, last_event_id, queued_at, ended_at)
      select id, ${otherTenant}, 'bulk/' || n, 'bulk' || n % 40, 'failed', gen_random_uuid(), 'c',
        '[]', id, 0, 1, now() - n * interval '1 minute', now()
      from (select n, gen_random_uuid() id from generate_series(1, 8000) n) rows`);
    await db.execute(sql`analyze process_runs`);
    const [sample] = await db
      .select({ customerId: processRuns.customerId })
      .from(processRuns)
      .where(sql`${processRuns.workflowId} = 'bulk/77'`);
    const plan = async (filter: RunFilter) => {
      const query = listQuery(db, otherTenant, filter, { limit: 20 });
      return JSON.stringify(await db.execute(sql`explain ${query}`));
    };
    // Which one is the planner's business: the filter's, or the list's own order.
    expect(await plan({ process: 'bulk7', status: 'failed' })).toMatch(/process_runs_(process|newest)/);
    expect(await plan({ workflowId: 'bulk/77' })).toContain('process_runs_workflow');
    expect(await plan({ customerId: sample?.customerId as string })).toMatch(
      /process_runs_(customer|process|newest)/,
    );
  });
});
