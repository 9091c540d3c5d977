import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventsQuery } from '../../db/queries/events-read.ts';
import { createLlmCallsRead, llmCallsQuery } from '../../db/queries/llm-calls-read.ts';
import { costsQuery } from '../../db/queries/llm-costs.ts';
import { listSends, sendsQuery } from '../../db/queries/sends-read.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { CHANNEL, CONVERSATION, OTHER, storeChat, TENANT } from '../support/stored-chat.ts';

const NOON = '2026-01-31T12:00:00.000Z';
/** Enough rows for the planner to prefer an index only where the index serves. */
const ROWS = 5_000;

describe('what the API lists beside runs', () => {
  let database: TestDatabase;
  const run = (statement: SQL) => database.db.execute(statement);

  beforeAll(async () => {
    database = await createTestDatabase('ledgers_api');
    await storeChat(database.db);
    await run(sql`insert into process_runs (run_id, tenant_id, workflow_id, process_id, status, conversation_id,
        correlation_id, losses, current_run_id, chain_place, last_event_id, queued_at, ended_at)
      select gen_random_uuid(), ${TENANT}, 'answer/1', 'answer', 'failed', ${CONVERSATION}::uuid, 'c', '[]', gen_random_uuid(), 0, 1,
        now(), now() from generate_series(1, 2)`);
    const call = (
      tenant: string,
      workflow: string,
      provider: string,
      cost: number | null,
      currency: string,
      at: string,
    ) =>
      run(sql`insert into llm_calls (id, tenant_id, run_id, workflow_id, step, purpose, role, provider, model, attempt,
        prompt_tokens, completion_tokens, cost_micros, currency, duration_ms, outcome, correlation_id, created_at)
        values (gen_random_uuid(), ${tenant}, gen_random_uuid(), ${workflow}, 's', 'answer', 'main', ${provider}, 'm', 1,
        10, 5, ${cost}, ${currency}, 1, 'ok', 'c', ${at}::timestamptz)`);
    await call(TENANT, 'answer/1', 'openai', 300, 'USD', '2026-01-30T23:59:59.999Z');
    await call(TENANT, 'answer/1', 'openai', 200, 'USD', NOON);
    await call(TENANT, 'answer/1', 'yandex', 7_000, 'RUB', NOON);
    await call(TENANT, `conversation/${CONVERSATION}`, 'openai', 50, 'USD', NOON);
    await call(TENANT, 'crm_push/9', 'ollama', null, 'USD', NOON);
    await call(OTHER, 'answer/1', 'openai', 9_999, 'USD', NOON);
  });
  afterAll(() => database.close());

  const costs = async (by: Parameters<typeof costsQuery>[2], period = {}) => {
    const { rows, totals } = await createLlmCallsRead(database.db).costs(TENANT, by, period);
    return {
      rows: rows.map(({ key, currency, costMicros, calls }) => [key, currency, costMicros, calls]),
      totals,
    };
  };

  it('adds money up by run, dearest first, and never adds up currencies', async () => {
    const { rows, totals } = await costs('run');
    expect(rows).toEqual([
      ['answer/1', 'RUB', 7_000, 1],
      ['answer/1', 'USD', 500, 2],
      [`conversation/${CONVERSATION}`, 'USD', 50, 1],
      ['crm_push/9', 'USD', 0, 1],
    ]);
    expect(totals).toEqual([
      {
        currency: 'RUB',
        calls: 1,
        costMicros: 7_000,
        unpricedCalls: 0,
        promptTokens: 10,
        completionTokens: 5,
      },
      {
        currency: 'USD',
        calls: 4,
        costMicros: 550,
        unpricedCalls: 1,
        promptTokens: 40,
        completionTokens: 20,
      },
    ]);
  });

  it('counts what a conversation cost once, its runs and its own calls, also where a run was retried', async () => {
    expect((await costs('conversation')).rows).toEqual([
      [CONVERSATION, 'RUB', 7_000, 1],
      [CONVERSATION, 'USD', 550, 3],
      [null, 'USD', 0, 1],
    ]);
  });

  it('puts days in order, in UTC, and leaves out what is outside of the period', async () => {
    expect((await costs('day')).rows).toEqual([
      ['2026-01-30', 'USD', 300, 1],
      ['2026-01-31', 'RUB', 7_000, 1],
      ['2026-01-31', 'USD', 250, 3],
    ]);
    const period = { from: new Date('2026-01-30T00:00:00Z'), to: new Date('2026-01-31T00:00:00Z') };
    expect((await costs('provider', period)).rows).toEqual([['openai', 'USD', 300, 1]]);
  });

  it('pages through sends without losing or repeating one, those of the same moment too', async () => {
    await run(sql`insert into sends (id, tenant_id, channel_id, conversation_id, chat_id, key, part, workflow_id, chunk,
        state, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, ${CHANNEL}, ${CONVERSATION}, 'chat', 'k' || n, 0, 'w' || n, '{"text":"a","entities":[]}',
        case when n % 500 = 0 then 'unknown' else 'sent' end, 'c', ${NOON}::timestamptz + n / 3 * interval '1 second'
      from generate_series(1, ${ROWS}) n`);
    const seen: string[] = [];
    let after: { at: Date; id: string } | undefined;
    do {
      const page = await listSends(database.db, TENANT, { state: 'unknown' }, { limit: 3, after });
      seen.push(...page.rows.map(({ key }) => key));
      after = page.next;
    } while (after);
    expect(seen).toEqual(Array.from({ length: 10 }, (_, i) => `k${ROWS - i * 500}`));
    expect((await listSends(database.db, OTHER, {}, { limit: 3 })).rows).toEqual([]);
  });

  it('reads each list by an index', async () => {
    await run(sql`insert into automation_events (id, tenant_id, event_type, subject, data, actor, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, 'type.' || n % 50, 's' || n, '{}', 'api', 'c', now() - n * interval '1 minute'
      from generate_series(1, ${ROWS}) n`);
    await run(sql`insert into llm_calls (id, tenant_id, run_id, workflow_id, step, purpose, role, provider, model, attempt,
        prompt_tokens, completion_tokens, cost_micros, currency, duration_ms, outcome, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, gen_random_uuid(), 'w' || n, 's', 'answer', 'main', 'ollama', 'm', 1,
        1, 1, 0, 'USD', 1, 'ok', 'c', now() - n * interval '1 minute' from generate_series(1, ${ROWS}) n`);
    await run(sql`analyze`);
    const plan = async (query: { getSQL(): SQL }) =>
      JSON.stringify(await run(sql`explain (format json) ${query.getSQL()}`));
    const { db } = database;
    const page = { limit: 20, after: { at: new Date(), id: CONVERSATION } };
    const since = new Date(Date.now() - 3_600_000);
    const plans: [string, { getSQL(): SQL }][] = [
      ['sends_newest', sendsQuery(db, TENANT, {}, page)],
      ['sends_unknown', sendsQuery(db, TENANT, { state: 'unknown' }, page)],
      ['sends_workflow', sendsQuery(db, TENANT, { workflowId: 'w7' }, page)],
      ['llm_calls_newest', llmCallsQuery(db, TENANT, {}, page)],
      ['llm_calls_workflow', llmCallsQuery(db, TENANT, { workflowId: 'w7' }, page)],
      ['llm_calls_newest', costsQuery(db, TENANT, 'provider', { from: since })],
      ['automation_events_newest', eventsQuery(db, TENANT, {}, page)],
      ['automation_events_type', eventsQuery(db, TENANT, { eventType: 'type.7' }, page)],
      ['automation_events_subject', eventsQuery(db, TENANT, { subject: 's7' }, page)],
    ];
    for (const [index, query] of plans) expect(await plan(query), index).toContain(`"${index}"`);
  });
});
