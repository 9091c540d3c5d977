import { type SQL, sql } from 'drizzle-orm';
import { type ChainState, emptyChain, type RunFacts, type StepFacts } from '../../domain/history/state.ts';
import type { RunState, WaitingOn } from '../../domain/run.ts';
import type { Executor } from '../client.ts';
import type { RunRow, StepRow } from './projection.ts';

const iso = (value: unknown) => (value === null ? null : new Date(String(value)).toISOString());
const millis = (value: unknown) => (value === null ? null : Date.parse(String(value)));

/** What the history says of a run: without the digest, which is said of the row. */
const runFromDatabase = ({ digest: _digest, ...row }: Record<string, unknown>): RunRow =>
  ({
    ...row,
    queued_at: iso(row.queued_at),
    started_at: iso(row.started_at),
    ended_at: iso(row.ended_at),
  }) as RunRow;

const stepFromDatabase = (row: Record<string, unknown>): StepRow =>
  ({
    ...row,
    scheduled_at: iso(row.scheduled_at),
    started_at: iso(row.started_at),
    ended_at: iso(row.ended_at),
  }) as StepRow;

export interface StoredRun {
  run: RunRow;
  steps: StepRow[];
}

/** A run and its steps as they are stored, times in ISO 8601; undefined if there is none. */
export async function storedRun(db: Executor, runId: string): Promise<StoredRun | undefined> {
  const [run] = await db.execute(sql`select * from process_runs where run_id = ${runId}`);
  if (run === undefined) return undefined;
  const steps = await db.execute(
    sql`select * from process_run_steps where tenant_id = ${run.tenant_id} and run_id = ${runId} order by step_number`,
  );
  return { run: runFromDatabase(run), steps: steps.map(stepFromDatabase) };
}

export interface SealedRun extends StoredRun {
  /** Null where it ended before digests were kept, or was erased. */
  digest: string | null;
}

/** A run with its digest; undefined if there is none. */
export async function sealedRun(db: Executor, runId: string): Promise<SealedRun | undefined> {
  const stored = await storedRun(db, runId);
  if (stored === undefined) return undefined;
  const [row] = await db.execute(sql`select digest from process_runs where run_id = ${runId}`);
  return { ...stored, digest: typeof row?.digest === 'string' ? row.digest : null };
}

/** A page of ended runs with their steps and digests, in order of their ids. */
export async function endedRuns(db: Executor, after: string | null, limit: number): Promise<SealedRun[]> {
  const runs = await db.execute(sql`
    select * from process_runs
    where ended_at is not null and ${comesAfter(after)}
    order by run_id limit ${limit}`);
  const steps = new Map<unknown, StepRow[]>(runs.map(({ run_id }) => [run_id, []]));
  const ids = JSON.stringify([...steps.keys()]);
  for (const row of await db.execute(sql`
    select s.* from process_run_steps s join process_runs r on r.tenant_id = s.tenant_id and r.run_id = s.run_id
    where r.run_id in (select value::uuid from jsonb_array_elements_text(${ids}::jsonb))`)) {
    steps.get(row.run_id)?.push(stepFromDatabase(row));
  }
  return runs.map((row) => ({
    run: runFromDatabase(row),
    steps: steps.get(row.run_id) ?? [],
    digest: row.digest === null ? null : String(row.digest),
  }));
}

/** Where a row stands, to compare with what visibility says. */
export interface RowPlace {
  runId: string;
  workflowId: string;
  currentRunId: string;
  chainPlace: number;
  lastEventId: number;
  status: RunState;
  waitingOn: WaitingOn | null;
}

const PLACE = sql`run_id as "runId", workflow_id as "workflowId", current_run_id as "currentRunId",
  chain_place as "chainPlace", last_event_id as "lastEventId", status, waiting_on as "waitingOn"`;

/** One comparison, which an index can begin at: with an alternative in it, each page would be sought from the start. */
const comesAfter = (runId: string | null): SQL => sql`run_id > ${runId ?? NO_RUN}::uuid`;
const NO_RUN = '00000000-0000-0000-0000-000000000000';

/** Rows that begin or stand at one of these executions. */
export async function rowsAt(db: Executor, runIds: string[]): Promise<RowPlace[]> {
  if (runIds.length === 0) return [];
  const ids = sql`(select value::uuid from jsonb_array_elements_text(${JSON.stringify(runIds)}::jsonb))`;
  const rows = await db.execute(sql`
    select ${PLACE} from process_runs where current_run_id in ${ids}
    union select ${PLACE} from process_runs where run_id in ${ids}`);
  return rows as unknown as RowPlace[];
}

/** A page of the rows that are open, in order of their ids. */
export async function openRows(db: Executor, after: string | null, limit: number): Promise<RowPlace[]> {
  const rows = await db.execute(sql`
    select ${PLACE} from process_runs
    where ended_at is null and ${comesAfter(after)}
    order by run_id limit ${limit}`);
  return rows as unknown as RowPlace[];
}

/** The rows of the runs queued last. */
export const newestRows = (db: Executor, limit: number): Promise<RowPlace[]> => newest(db, sql`true`, limit);

/** Of the runs that have ended, the rows of those queued last. */
export const newestEnded = (db: Executor, limit: number): Promise<RowPlace[]> =>
  newest(db, sql`ended_at is not null`, limit);

/** Tenant by tenant, as the index has them: the newest of all would be sought among all. */
async function newest(db: Executor, which: SQL, limit: number): Promise<RowPlace[]> {
  const rows = await db.execute(sql`
    select ${PLACE} from tenants cross join lateral (
      select * from process_runs
      where tenant_id = tenants.id and ${which}
      order by queued_at desc, run_id desc limit ${limit}
    ) as of_tenant
    order by queued_at desc, run_id desc limit ${limit}`);
  return rows as unknown as RowPlace[];
}

/** Which rows to go through; all where nothing is said. */
export interface RowFilter {
  /** Slug of a tenant. */
  tenant?: string | undefined;
  /** Queued at or after. */
  since?: Date | undefined;
}

/** A page of all rows, in order of their ids. */
export async function allRows(
  db: Executor,
  filter: RowFilter,
  after: string | null,
  limit: number,
): Promise<RowPlace[]> {
  const { tenant = null, since } = filter;
  const rows = await db.execute(sql`
    select ${PLACE} from process_runs
    where ${comesAfter(after)}
      and (${tenant}::text is null or tenant_id = (select id from tenants where slug = ${tenant}))
      and (${since?.toISOString() ?? null}::timestamptz is null or queued_at >= ${since?.toISOString() ?? null}::timestamptz)
    order by run_id limit ${limit}`);
  return rows as unknown as RowPlace[];
}

function stepFacts(row: StepRow): StepFacts {
  return {
    key: row.key,
    number: row.step_number,
    kind: row.kind,
    name: row.name,
    summary: row.summary,
    status: row.status,
    attempts: row.attempts,
    cause: row.cause,
    scheduledAt: millis(row.scheduled_at),
    startedAt: millis(row.started_at),
    endedAt: millis(row.ended_at),
    // Nothing that is still to come can name it.
    openedBy: { place: -1, event: -1 },
    outlives: false,
  } as StepFacts;
}

/**
 * What the stored row says about a chain up to the end of one execution, so that a fold can go on with the
 * next although the histories before it are gone. Undefined if the row stands elsewhere.
 */
export async function restoreChain(
  db: Executor,
  currentRunId: string,
  next: string,
): Promise<ChainState | undefined> {
  const places = await rowsAt(db, [currentRunId, next]);
  const place = places.find((row) => row.currentRunId === currentRunId || row.currentRunId === next);
  const stored = place && (await storedRun(db, place.runId));
  if (place === undefined || stored === undefined) return undefined;
  const { run } = stored;
  const facts = {
    runId: run.run_id,
    tenantId: run.tenant_id,
    workflowId: run.workflow_id,
    processId: run.process_id,
    status: 'running',
    waitingOn: null,
    customerId: run.customer_id,
    conversationId: run.conversation_id,
    correlationId: run.correlation_id,
    parentWorkflowId: run.parent_workflow_id,
    details: run.details,
    input: run.input,
    output: null,
    losses: [],
    cause: null,
    resetOf: run.reset_of,
    rerunOf: run.rerun_of,
    currentRunId,
    chainPlace: place.currentRunId === next ? place.chainPlace - 1 : place.chainPlace,
    lastEventId: place.lastEventId,
    queuedAt: millis(run.queued_at),
    startedAt: millis(run.started_at),
    endedAt: null,
  } as RunFacts;
  const steps = stored.steps
    .map(stepFacts)
    .filter(({ key }) => !key.startsWith(`${next}/`))
    .map((step) => ({ ...step, endedAt: step.endedAt ?? step.startedAt ?? step.scheduledAt }));
  return { ...emptyChain, run: facts, steps, next };
}
