import { sql } from 'drizzle-orm';
import { check, index, integer, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { RunCause, StepKind, StepStatus } from '../../domain/history/state.ts';
import type { Loss, RunState, WaitingOn } from '../../domain/run.ts';
import { instant } from './columns.ts';

export type { RunCause, StepKind, StepStatus };

/**
 * A run as its workflow history tells it. No column comes from a clock or a random source,
 * so dropping the rows and rebuilding them from the histories gives the same, byte for byte.
 * A row is one chain of executions: continue-as-new and workflow retry stay in the row, a reset opens a new one.
 */
export const processRuns = pgTable(
  'process_runs',
  {
    /** Run id of the first execution of the chain. */
    runId: uuid().primaryKey(),
    tenantId: uuid().notNull(),
    workflowId: text().notNull(),
    processId: text().notNull(),
    status: text().$type<RunState>().notNull(),
    waitingOn: text().$type<WaitingOn>(),
    customerId: uuid(),
    conversationId: uuid(),
    correlationId: text().notNull(),
    parentWorkflowId: text(),
    /** What it is doing, in words, as the workflow said it last. */
    details: text(),
    input: jsonb(),
    output: jsonb(),
    losses: jsonb().$type<Loss[]>().notNull(),
    cause: jsonb().$type<RunCause>(),
    /** The run whose history this one took over when it was reset. */
    resetOf: uuid(),
    /** The run whose input this one was begun with again. */
    rerunOf: uuid(),
    /** Guard against going back: place of the newest execution in the chain, and its last event read. */
    currentRunId: uuid().notNull(),
    chainPlace: integer().notNull(),
    lastEventId: integer().notNull(),
    queuedAt: instant().notNull(),
    startedAt: instant(),
    endedAt: instant(),
    /** Of an ended run: what this row and its steps were when it ended. Outlives the history; see `seal.ts`. */
    digest: text(),
  },
  (t) => [
    index('process_runs_process').on(t.tenantId, t.processId, t.status, t.customerId),
    index('process_runs_workflow').on(t.tenantId, t.workflowId),
    // The unfiltered list, newest first, page by page.
    index('process_runs_newest').on(t.tenantId, t.queuedAt, t.runId),
    index('process_runs_customer').on(t.tenantId, t.customerId, t.queuedAt),
    // What was begun in a conversation, since a message and for whoever it belongs to now.
    index('process_runs_conversation').on(t.tenantId, t.conversationId, t.queuedAt),
    index('process_runs_current').on(t.currentRunId),
    // For retention.
    index('process_runs_age').on(t.tenantId, t.endedAt).where(sql`${t.endedAt} is not null`),
    // What is under way: watched for runs that do not go on, and counted.
    index('process_runs_open').on(t.tenantId, t.conversationId, t.status).where(sql`${t.endedAt} is null`),
    // The sweep goes through them in this order, among all that ended.
    index('process_runs_open_page').on(t.runId).where(sql`${t.endedAt} is null`),
    check(
      'process_runs_status',
      sql`${t.status} in ('queued', 'running', 'waiting_user', 'succeeded', 'degraded', 'failed', 'cancelled')`,
    ),
    check(
      'process_runs_waiting_on',
      sql`case ${t.status}
        when 'waiting_user' then ${t.waitingOn} is not null and ${t.waitingOn} in ('customer', 'manager')
        when 'running' then ${t.waitingOn} is null or ${t.waitingOn} in ('provider', 'timer')
        else ${t.waitingOn} is null end`,
    ),
    check(
      'process_runs_ended',
      sql`(${t.endedAt} is not null) = (${t.status} in ('succeeded', 'degraded', 'failed', 'cancelled'))`,
    ),
  ],
);

/** Something a run did that history shows. Also a fold: see `processRuns`. */
export const processRunSteps = pgTable(
  'process_run_steps',
  {
    runId: uuid()
      .notNull()
      .references(() => processRuns.runId, { onDelete: 'cascade' }),
    tenantId: uuid().notNull(),
    stepNumber: integer().notNull(),
    /** Execution and activity id or event id: what the step is called in the history. */
    key: text().notNull(),
    kind: text().$type<StepKind>().notNull(),
    name: text().notNull(),
    summary: text(),
    status: text().$type<StepStatus>().notNull(),
    attempts: integer().notNull(),
    cause: text(),
    scheduledAt: instant().notNull(),
    startedAt: instant(),
    endedAt: instant(),
  },
  (t) => [
    unique('process_run_steps_number').on(t.tenantId, t.runId, t.stepNumber),
    unique('process_run_steps_key').on(t.runId, t.key),
  ],
);
