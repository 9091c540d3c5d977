import { type SQL, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { unansweredQuery, undispatchedQuery } from '../../db/queries/absence.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { CHANNEL, CUSTOMER, OTHER, storeChat, TENANT } from '../support/stored-chat.ts';

interface Plan {
  'Node Type': string;
  'Index Name'?: string;
  'Relation Name'?: string;
  Plans?: Plan[];
}

const RUN = '01990000-0000-7000-8000-000000000004';
/** Enough rows for the planner to prefer an index only where the index serves. */
const ROWS = 5_000;

describe('the tables', () => {
  let database: TestDatabase;
  const run = (statement: SQL) => database.db.execute(statement);

  beforeAll(async () => {
    database = await createTestDatabase('indexes');
    await storeChat(database.db);
    await run(sql`insert into conversations (id, tenant_id, channel_id, chat_id, customer_id, locale)
      select md5('c' || n)::uuid, ${TENANT}, ${CHANNEL}, n::text, ${CUSTOMER}, 'ru' from generate_series(0, 99) n`);
    await run(sql`insert into messages (id, tenant_id, channel, channel_message_id, channel_user_id, conversation_id,
        chat_id, direction, content_type, content, metadata, number, correlation_id, dispatched_at, created_at)
      select gen_random_uuid(), ${TENANT}, 'telegram', n::text, 'u', md5('c' || n % 100)::uuid, (n % 100)::text,
        'inbound', 'text', 'hello', '{}', n, 'c', now(), now() - n * interval '1 minute'
      from generate_series(1, ${ROWS}) n`);
    await run(sql`insert into process_runs (run_id, tenant_id, workflow_id, process_id, status, customer_id,
        correlation_id, losses, current_run_id, chain_place, last_event_id, queued_at)
      select case n when 1 then ${RUN}::uuid else md5('r' || n)::uuid end, ${TENANT}, 'w' || n, 'p' || n % 50, 'running',
        md5('u' || n % 500)::uuid, 'c', '[]', md5('r' || n)::uuid, 0, 1, now() - n * interval '1 minute'
      from generate_series(1, ${ROWS}) n`);
    await run(sql`insert into process_run_steps (run_id, tenant_id, step_number, key, kind, name, status, attempts, scheduled_at)
      select run_id, tenant_id, s, 's' || s, 'activity', 'work', 'running', 1, now()
      from process_runs, generate_series(1, 4) s`);
    await run(sql`insert into llm_calls (id, tenant_id, run_id, workflow_id, step, purpose, role, provider, model, attempt,
        prompt_tokens, completion_tokens, cost_micros, currency, duration_ms, outcome, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, md5('r' || n % 500)::uuid, 'w', 's', 'answer', 'main', 'ollama', 'm' || n % 5, 1,
        1, 1, 0, 'USD', 1, 'ok', 'c', now() - n * interval '1 minute' from generate_series(1, ${ROWS}) n`);
    await run(sql`insert into automation_events (id, tenant_id, event_type, subject, data, actor, correlation_id, created_at)
      select gen_random_uuid(), ${TENANT}, 'type.' || n % 50, 's' || n, '{}', 'system', 'c', now() - n * interval '1 minute'
      from generate_series(1, ${ROWS}) n`);
    await run(sql`analyze`);
  });
  afterAll(() => database.close());

  const names = (plan: Plan): string[] => [
    ...(plan['Index Name'] === undefined ? [] : [plan['Index Name']]),
    ...(plan['Node Type'] === 'Seq Scan' ? [`all of ${plan['Relation Name']}`] : []),
    ...(plan['Node Type'].includes('Sort') ? ['a sort'] : []),
    ...(plan.Plans ?? []).flatMap(names),
  ];
  async function explained(query: SQL): Promise<string[]> {
    const [row] = await run(sql`explain (format json) ${query}`);
    const plans = (row?.['QUERY PLAN'] ?? []) as { Plan: Plan }[];
    return plans.flatMap(({ Plan }) => names(Plan));
  }

  it('find the newest messages of a chat by chat and time, without sorting', async () => {
    const query = sql`select * from messages where tenant_id = ${TENANT} and chat_id = '7'
      order by created_at desc limit 20`;
    expect(await explained(query)).toEqual(['messages_chat']);
  });

  it('find the runs of a process in a state, of one customer too', async () => {
    const query = sql`select * from process_runs where tenant_id = ${TENANT} and process_id = 'p7' and status = 'running'`;
    expect(await explained(query)).toContain('process_runs_process');
    expect(await explained(sql`${query} and customer_id = md5('u7')::uuid`)).toEqual([
      'process_runs_process',
    ]);
  });

  it('find the steps of a run in order, without sorting', async () => {
    const query = sql`select * from process_run_steps where tenant_id = ${TENANT} and run_id = ${RUN} order by step_number`;
    const used = await explained(query);
    expect(used).toContain('process_run_steps_number');
    expect(used).not.toContain('all of process_run_steps');
  });

  it('refuse a second step with the same number', async () => {
    const again = sql`insert into process_run_steps
      select run_id, tenant_id, step_number, 'other', kind, name, summary, status, attempts, cause, scheduled_at, started_at, ended_at
      from process_run_steps where run_id = ${RUN} and step_number = 1`;
    await expect(run(again)).rejects.toMatchObject({
      constraint_name: 'process_run_steps_number',
    });
  });

  it.each([
    ['a state that does not exist', "status = 'asleep'", 'process_runs_status'],
    ['a wait for nobody', "status = 'waiting_user'", 'process_runs_waiting_on'],
    ['a running run that waits for a person', "waiting_on = 'customer'", 'process_runs_waiting_on'],
    ['an end without its time', "status = 'failed'", 'process_runs_ended'],
    ['the time of an end in an open run', 'ended_at = now()', 'process_runs_ended'],
  ])('refuse %s', async (_, change, constraint_name) => {
    const update = sql`update process_runs set ${sql.raw(change)} where run_id = ${RUN}`;
    await expect(run(update)).rejects.toMatchObject({ constraint_name });
  });

  it('refuse a second customer with the same checked phone in one tenant, and allow it in another', async () => {
    const add = (tenant: SQL) =>
      sql`insert into customers (id, tenant_id, phone) values (gen_random_uuid(), ${tenant}, '+77010000001')`;
    await run(add(sql`${TENANT}`));
    await expect(run(add(sql`${TENANT}`))).rejects.toMatchObject({ constraint_name: 'customers_phone' });
    await run(add(sql`${OTHER}`));
  });

  it('find the model calls of a run by model and time, without sorting', async () => {
    const query = sql`select * from llm_calls where tenant_id = ${TENANT} and run_id = md5('r7')::uuid and model = 'm2'
      order by created_at desc`;
    expect(await explained(query)).toEqual(['llm_calls_run']);
  });

  it('find the newest events of a type, without sorting', async () => {
    const query = sql`select * from automation_events where tenant_id = ${TENANT} and event_type = 'type.7'
      order by created_at desc limit 20`;
    expect(await explained(query)).toEqual(['automation_events_type']);
  });

  it('find a row of the projection by its newest execution', async () => {
    const query = sql`select * from process_runs where current_run_id = md5('r7')::uuid`;
    expect(await explained(query)).toEqual(['process_runs_current']);
  });

  it('watch for messages that nobody takes up by the index of those that wait', async () => {
    const plan = await explained(undispatchedQuery(60_000));
    expect(plan).toContain('messages_undispatched');
    expect(plan).not.toContain('all of messages');
  });

  it('watch for messages that nobody answers by the time in their keys', async () => {
    const plan = await explained(unansweredQuery(Date.now() - 3_600_000, Date.now() - 300_000));
    expect(plan).toContain('messages_pkey');
    for (const table of ['messages', 'process_runs']) expect(plan).not.toContain(`all of ${table}`);
  });
});
