import { and, asc, eq, or, sql } from 'drizzle-orm';
import type { Loss, RunState, WaitingOn } from '../../domain/run.ts';
import type { Executor } from '../client.ts';
import {
  conversations,
  llmCalls,
  processRunSteps,
  processRuns,
  type RunCause,
  sends,
} from '../schema/index.ts';
import { newestFirst, type Page, type PageRequest, type Period, same } from './page.ts';
import { withDoubts } from './send-doubts-read.ts';
import { type SendView, sendColumns } from './sends-read.ts';

/** Of the time they were queued. */
export interface RunFilter extends Period {
  process?: string | undefined;
  status?: RunState | undefined;
  waitingOn?: WaitingOn | undefined;
  /** Whose conversation it is, or who the customer was when it began. */
  customerId?: string | undefined;
  conversationId?: string | undefined;
  workflowId?: string | undefined;
}

export interface RunSummary {
  runId: string;
  /** Newest execution of the chain. */
  currentRunId: string;
  workflowId: string;
  process: string;
  status: RunState;
  waitingOn: WaitingOn | null;
  /** Whom its conversation belongs to now. */
  customerId: string | null;
  conversationId: string | null;
  correlationId: string;
  parentWorkflowId: string | null;
  details: string | null;
  losses: Loss[];
  cause: RunCause | null;
  resetOf: string | null;
  /** The run whose input this one was begun with again. */
  rerunOf: string | null;
  queuedAt: Date;
  startedAt: Date | null;
  endedAt: Date | null;
}

export type RunStepRow = Omit<typeof processRunSteps.$inferSelect, 'tenantId' | 'runId'>;
export type RunLlmCallRow = Omit<typeof llmCalls.$inferSelect, 'tenantId' | 'workflowId' | 'correlationId'>;
export type RunSendRow = Omit<SendView, 'workflowId' | 'correlationId' | 'conversationId'>;

export interface RunDetail extends RunSummary {
  input: unknown;
  output: unknown;
  steps: RunStepRow[];
  llmCalls: RunLlmCallRow[];
  /** What it said, in sending order; `unknown` ones are in doubt and wait for evidence or a person. */
  sends: RunSendRow[];
  /** Names of lists that were cut at `MAX_DETAIL_ROWS`. */
  truncated: Array<'steps' | 'llmCalls' | 'sends'>;
}

export interface RunsRead {
  /** Newest first. */
  list(tenantId: string, filter: RunFilter, page: PageRequest): Promise<Page<RunSummary>>;
  /** By run id, or by workflow id: then the open run of that name, else its newest. */
  get(tenantId: string, id: string): Promise<RunDetail | undefined>;
  /** The same run without what it did. */
  find(tenantId: string, id: string): Promise<RunSummary | undefined>;
}

/** More than any healthy run has, and few enough for one answer. */
export const MAX_DETAIL_ROWS = 1_000;

/** The run names who the customer was when it began; accounts may have been joined since. */
const owner = sql<string | null>`coalesce(
  (select c.customer_id from conversations as c where c.id = process_runs.conversation_id),
  process_runs.customer_id)`;

const summary = {
  runId: processRuns.runId,
  currentRunId: processRuns.currentRunId,
  workflowId: processRuns.workflowId,
  process: processRuns.processId,
  status: processRuns.status,
  waitingOn: processRuns.waitingOn,
  customerId: owner,
  conversationId: processRuns.conversationId,
  correlationId: processRuns.correlationId,
  parentWorkflowId: processRuns.parentWorkflowId,
  details: processRuns.details,
  losses: processRuns.losses,
  cause: processRuns.cause,
  resetOf: processRuns.resetOf,
  rerunOf: processRuns.rerunOf,
  queuedAt: processRuns.queuedAt,
  startedAt: processRuns.startedAt,
  endedAt: processRuns.endedAt,
};

const queued = newestFirst(processRuns, 'queuedAt', 'runId');

/** Reads runs for the API. Sees one tenant at a time. */
export function createRunsRead(db: Pick<Executor, 'select'>): RunsRead {
  return {
    async list(tenantId, filter, page) {
      return queued.page(await listQuery(db, tenantId, filter, page), page.limit);
    },

    async find(tenantId, id) {
      const [run] = await db
        .select(summary)
        .from(processRuns)
        .where(byId(tenantId, id))
        .orderBy(...bestFirst)
        .limit(1);
      return run;
    },

    async get(tenantId, id) {
      const [run] = await db
        .select({ ...summary, input: processRuns.input, output: processRuns.output })
        .from(processRuns)
        .where(byId(tenantId, id))
        .orderBy(...bestFirst)
        .limit(1);
      if (run === undefined) return undefined;
      const [steps, calls, sent] = await Promise.all([
        stepsOf(db, tenantId, run.runId),
        llmCallsOf(db, tenantId, run.workflowId),
        sendsOf(db, tenantId, run.workflowId),
      ]);
      const lists = { steps, llmCalls: calls, sends: sent };
      const truncated = (['steps', 'llmCalls', 'sends'] as const).filter(
        (name) => lists[name].length > MAX_DETAIL_ROWS,
      );
      for (const name of truncated) lists[name].length = MAX_DETAIL_ROWS;
      return { ...run, ...lists, truncated };
    },
  };
}

/** The page and one row more, so that the caller knows whether there is another page. */
export function listQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: RunFilter,
  { limit, after }: PageRequest,
) {
  return db
    .select(summary)
    .from(processRuns)
    .where(
      and(
        eq(processRuns.tenantId, tenantId),
        same(processRuns.processId, filter.process),
        same(processRuns.status, filter.status),
        same(processRuns.waitingOn, filter.waitingOn),
        filter.customerId === undefined ? undefined : ofCustomer(tenantId, filter.customerId),
        same(processRuns.conversationId, filter.conversationId),
        same(processRuns.workflowId, filter.workflowId),
        queued.within(filter, after),
      ),
    )
    .orderBy(...queued.order)
    .limit(limit + 1);
}

const ofCustomer = (tenantId: string, customerId: string) =>
  or(
    eq(processRuns.customerId, customerId),
    // As an array, so that the index on conversations serves.
    sql`${processRuns.conversationId} = any(array(
      select ${conversations.id} from ${conversations}
      where ${conversations.tenantId} = ${tenantId} and ${conversations.customerId} = ${customerId}))`,
  );

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

/** A chain is also found by the run id of its newest execution, which is the one the Temporal UI shows. */
const byId = (tenantId: string, id: string) =>
  and(
    eq(processRuns.tenantId, tenantId),
    UUID.test(id)
      ? or(eq(processRuns.runId, id), eq(processRuns.currentRunId, id), eq(processRuns.workflowId, id))
      : eq(processRuns.workflowId, id),
  );

const bestFirst = [sql`${processRuns.endedAt} is null desc`, ...queued.order];

const stepsOf = (db: Pick<Executor, 'select'>, tenantId: string, runId: string): Promise<RunStepRow[]> =>
  db
    .select({
      stepNumber: processRunSteps.stepNumber,
      key: processRunSteps.key,
      kind: processRunSteps.kind,
      name: processRunSteps.name,
      summary: processRunSteps.summary,
      status: processRunSteps.status,
      attempts: processRunSteps.attempts,
      cause: processRunSteps.cause,
      scheduledAt: processRunSteps.scheduledAt,
      startedAt: processRunSteps.startedAt,
      endedAt: processRunSteps.endedAt,
    })
    .from(processRunSteps)
    .where(and(eq(processRunSteps.tenantId, tenantId), eq(processRunSteps.runId, runId)))
    .orderBy(asc(processRunSteps.stepNumber))
    .limit(MAX_DETAIL_ROWS + 1);

// Calls and sends carry the workflow id, which a reset keeps: what the replaced run did is shown too.
const llmCallsOf = (
  db: Pick<Executor, 'select'>,
  tenantId: string,
  workflowId: string,
): Promise<RunLlmCallRow[]> =>
  db
    .select({
      id: llmCalls.id,
      runId: llmCalls.runId,
      step: llmCalls.step,
      purpose: llmCalls.purpose,
      policy: llmCalls.policy,
      prompt: llmCalls.prompt,
      role: llmCalls.role,
      provider: llmCalls.provider,
      model: llmCalls.model,
      attempt: llmCalls.attempt,
      promptTokens: llmCalls.promptTokens,
      completionTokens: llmCalls.completionTokens,
      costMicros: llmCalls.costMicros,
      currency: llmCalls.currency,
      durationMs: llmCalls.durationMs,
      outcome: llmCalls.outcome,
      error: llmCalls.error,
      createdAt: llmCalls.createdAt,
    })
    .from(llmCalls)
    .where(and(eq(llmCalls.tenantId, tenantId), eq(llmCalls.workflowId, workflowId)))
    .orderBy(asc(llmCalls.createdAt), asc(llmCalls.id))
    .limit(MAX_DETAIL_ROWS + 1);

const sendsOf = async (
  db: Pick<Executor, 'select'>,
  tenantId: string,
  workflowId: string,
): Promise<RunSendRow[]> =>
  withDoubts(
    db,
    await db
      .select(sendColumns)
      .from(sends)
      .where(and(eq(sends.tenantId, tenantId), eq(sends.workflowId, workflowId)))
      .orderBy(asc(sends.ordinal))
      .limit(MAX_DETAIL_ROWS + 1),
  );
