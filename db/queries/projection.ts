import { type SQL, sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import type { RunFacts, StepFacts } from '../../domain/history/state.ts';
import { isFinal } from '../../domain/history/transitions.ts';
import type { Database, Executor } from '../client.ts';
import { recordEvent } from './events.ts';
import { storedRun } from './projection-read.ts';

const RUN_COLUMNS = {
  run_id: 'uuid',
  tenant_id: 'uuid',
  workflow_id: 'text',
  process_id: 'text',
  status: 'text',
  waiting_on: 'text',
  customer_id: 'uuid',
  conversation_id: 'uuid',
  correlation_id: 'text',
  parent_workflow_id: 'text',
  details: 'text',
  input: 'jsonb',
  output: 'jsonb',
  losses: 'jsonb',
  cause: 'jsonb',
  reset_of: 'uuid',
  rerun_of: 'uuid',
  current_run_id: 'uuid',
  chain_place: 'integer',
  last_event_id: 'integer',
  queued_at: 'timestamptz',
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
} as const;

const STEP_COLUMNS = {
  run_id: 'uuid',
  tenant_id: 'uuid',
  step_number: 'integer',
  key: 'text',
  kind: 'text',
  name: 'text',
  summary: 'text',
  status: 'text',
  attempts: 'integer',
  cause: 'text',
  scheduled_at: 'timestamptz',
  started_at: 'timestamptz',
  ended_at: 'timestamptz',
} as const;

type Columns = Readonly<Record<string, string>>;
export type RunRow = Record<keyof typeof RUN_COLUMNS, unknown>;
export type StepRow = Record<keyof typeof STEP_COLUMNS, unknown>;

/** Makes the digest of an ended run and its steps, in whichever order these come. */
export type Seal = (run: RunRow, steps: readonly StepRow[]) => string;

const iso = (at: number | null) => (at === null ? null : new Date(at).toISOString());

/** The run as its row, times in ISO 8601. */
export const runRow = (run: RunFacts): RunRow => ({
  run_id: run.runId,
  tenant_id: run.tenantId,
  workflow_id: run.workflowId,
  process_id: run.processId,
  status: run.status,
  waiting_on: run.waitingOn,
  customer_id: run.customerId,
  conversation_id: run.conversationId,
  correlation_id: run.correlationId,
  parent_workflow_id: run.parentWorkflowId,
  details: run.details,
  input: run.input,
  output: run.output,
  losses: run.losses,
  cause: run.cause,
  reset_of: run.resetOf,
  rerun_of: run.rerunOf,
  current_run_id: run.currentRunId,
  chain_place: run.chainPlace,
  last_event_id: run.lastEventId,
  queued_at: iso(run.queuedAt),
  started_at: iso(run.startedAt),
  ended_at: iso(run.endedAt),
});

/** A step as its row. */
export const stepRow = (run: RunFacts, step: StepFacts): StepRow => ({
  run_id: run.runId,
  tenant_id: run.tenantId,
  step_number: step.number,
  key: step.key,
  kind: step.kind,
  name: step.name,
  summary: step.summary,
  status: step.status,
  attempts: step.attempts,
  cause: step.cause,
  scheduled_at: iso(step.scheduledAt),
  started_at: iso(step.startedAt),
  ended_at: iso(step.endedAt),
});

const list = (columns: Columns): SQL => sql.raw(Object.keys(columns).join(', '));
const typed = (columns: Columns): SQL =>
  sql.raw(
    Object.entries(columns)
      .map(([name, type]) => `${name} ${type}`)
      .join(', '),
  );
const except = (columns: Columns, ...keys: string[]) =>
  Object.keys(columns).filter((name) => !keys.includes(name));
const assign = (names: string[]): SQL =>
  sql.raw(names.map((name) => `${name} = excluded.${name}`).join(', '));
const tuple = (table: string, names: string[]): SQL =>
  sql.raw(`(${names.map((name) => `${table}.${name}`).join(', ')})`);

const STEP_CHANGES = except(STEP_COLUMNS, 'run_id', 'tenant_id', 'key', 'step_number');

/**
 * Writes a run and its changed steps in one statement, unless the row is already at or past this place in
 * its chain: an older reading that arrives late changes nothing. Returns whether it was written.
 * The first run that finishes makes a registered customer an active one. What a cancelled run had not got out is
 * withdrawn: it would leave before the next message of the chat. An ended run is sealed.
 * Rejects with a check violation where the database refuses the state.
 */
export async function upsertRun(
  db: Executor,
  run: RunFacts,
  steps: readonly StepFacts[],
  seal?: Seal,
): Promise<boolean> {
  const row = runRow(run);
  const rows = steps.map((step) => stepRow(run, step));
  const digest = seal && isFinal(run.status) ? seal(row, rows) : null;
  const written = await db.execute(sql`
    with run as (
      insert into process_runs (${list(RUN_COLUMNS)}, digest)
      select ${list(RUN_COLUMNS)}, ${digest}::text
      from jsonb_to_record(${JSON.stringify(row)}::jsonb) as r(${typed(RUN_COLUMNS)})
      on conflict (run_id) do update set digest = excluded.digest,
        ${assign(except(RUN_COLUMNS, 'run_id', 'tenant_id', 'queued_at'))}
        where (process_runs.chain_place, process_runs.last_event_id) < (excluded.chain_place, excluded.last_event_id)
      returning run_id, tenant_id, workflow_id, conversation_id, customer_id, status, correlation_id
    ), steps as (
      insert into process_run_steps (${list(STEP_COLUMNS)})
      select ${list(STEP_COLUMNS)}
      from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as s(${typed(STEP_COLUMNS)})
      where exists (select from run)
      on conflict (run_id, key) do update set ${assign(STEP_CHANGES)}
        where ${tuple('process_run_steps', STEP_CHANGES)} is distinct from ${tuple('excluded', STEP_CHANGES)}
    ), activated as (
      update customers as c
      set state = case c.state when 'registered' then 'active' else c.state end,
        state_since = case c.state when 'registered' then now() else c.state_since end,
        state_before = case c.state_before when 'registered' then 'active' end
      from run left join conversations on conversations.id = run.conversation_id
      where run.status in ('succeeded', 'degraded') and c.tenant_id = run.tenant_id
        and c.id = coalesce(conversations.customer_id, run.customer_id)
        and 'registered' in (c.state, c.state_before)
      returning c.tenant_id, c.id, c.state, run.correlation_id
    ), told as (
      insert into automation_events (id, tenant_id, event_type, subject, data, actor, correlation_id)
      select ${v7()}::uuid, tenant_id, 'customer.active', id, '{"from": "registered", "to": "active"}'::jsonb, 'system', correlation_id
      from activated where state = 'active'
    ), withdrawn as (
      update sends set state = 'refused', reason = 'withdrawn', settled_at = now()
      from run
      where run.status = 'cancelled' and sends.tenant_id = run.tenant_id and sends.workflow_id = run.workflow_id
        and sends.state = 'pending'
    )
    select run_id from run`);
  return written.length > 0;
}

/** Where a row stands in its chain. */
export interface Place {
  chainPlace: number;
  lastEventId: number;
}

/**
 * Puts a run and its steps in the place of what is stored, unless the stored row has gone further, or stands at a
 * place that it cannot have come to (`impossible`). The rows are made anew, so that a wrong end can be corrected
 * too. Returns whether it was done.
 */
export async function replaceRun(
  db: Database,
  run: RunFacts,
  steps: readonly StepFacts[],
  seal?: Seal,
  impossible?: Place,
): Promise<boolean> {
  const { chainPlace, lastEventId } = impossible ?? run;
  return db.transaction(async (tx) => {
    await tx.execute(sql`delete from process_runs where run_id = ${run.runId}
      and ((chain_place, last_event_id) <= (${run.chainPlace}::integer, ${run.lastEventId}::integer)
        or (chain_place, last_event_id) = (${chainPlace}::integer, ${lastEventId}::integer))`);
    return upsertRun(tx, run, steps, seal);
  });
}

/**
 * Ends an open run whose history no longer exists, and notes it for people. The end is the last moment the run
 * was known to live, since no clock may write these tables. Returns false if the row has moved or ended meanwhile.
 */
export async function loseHistory(
  db: Database,
  runId: string,
  lastEventId: number,
  seal?: Seal,
): Promise<boolean> {
  const cause = { type: 'history lost', message: 'the workflow history of this open run no longer exists' };
  return db.transaction(async (tx) => {
    const [lost] = await tx.execute(sql`
      update process_runs r set status = 'failed', waiting_on = null, cause = ${JSON.stringify(cause)}::jsonb,
        ended_at = greatest(r.queued_at, r.started_at, (
          select max(greatest(s.scheduled_at, s.started_at, s.ended_at))
          from process_run_steps s where s.tenant_id = r.tenant_id and s.run_id = r.run_id))
      where r.run_id = ${runId} and r.last_event_id = ${lastEventId} and r.ended_at is null
      returning r.tenant_id, r.workflow_id, r.process_id, r.correlation_id`);
    if (lost === undefined) return false;
    await tx.execute(sql`
      update process_run_steps set status = 'cancelled', cause = 'history lost',
        ended_at = coalesce(started_at, scheduled_at)
      where tenant_id = ${lost.tenant_id} and run_id = ${runId} and ended_at is null`);
    const ended = seal && (await storedRun(tx, runId));
    if (ended) await sealRun(tx, runId, seal(ended.run, ended.steps));
    await recordEvent(tx, {
      tenantId: String(lost.tenant_id),
      eventType: 'run.history_lost',
      subject: String(lost.workflow_id),
      data: { runId, process: lost.process_id },
      correlationId: String(lost.correlation_id),
    });
    return true;
  });
}

/** Keeps the digest of an ended run. */
export async function sealRun(db: Executor, runId: string, digest: string): Promise<void> {
  await db.execute(
    sql`update process_runs set digest = ${digest} where run_id = ${runId} and ended_at is not null`,
  );
}
