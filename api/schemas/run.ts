import { z } from '@hono/zod-openapi';
import type { RunDetail, RunSummary } from '../../db/queries/runs-read.ts';
import { RUN_STATES, WAITING_ON } from '../../domain/run.ts';
import { nextCursor } from '../listing.ts';
import { instant, iso, plainText } from './common.ts';
import { LlmCallSchema, llmCallJson } from './llm-call.ts';
import { SendSchema, sendJson } from './send.ts';

/** The path parameter that names a run. */
export const runIdParam = z.object({
  id: plainText(1_000).min(1).openapi({ description: 'Run id, or workflow id (with "/" written as %2F).' }),
});

const anything = z.unknown().openapi({ description: 'Any JSON value.' });

const Loss = z.object({
  missing: z.string(),
  instead: z.string().openapi({ description: 'What the customer got instead.' }),
});

const Cause = z.object({ type: z.string(), message: z.string(), by: z.string().optional() });

export const RunSummarySchema = z
  .object({
    run_id: z.uuid(),
    workflow_id: z.string().openapi({ example: 'lead/01890a5d-ac96-774b-bcce-b302099a8057/3' }),
    process: z.string().openapi({ example: 'lead' }),
    status: z.enum(RUN_STATES),
    waiting_on: z.enum(WAITING_ON).nullable(),
    customer_id: z.uuid().nullable(),
    conversation_id: z.uuid().nullable(),
    correlation_id: z.string(),
    parent_workflow_id: z.string().nullable(),
    details: z.string().nullable().openapi({ description: 'What it is doing, in words.' }),
    losses: z.array(Loss).openapi({ description: 'What a degraded run could not deliver.' }),
    cause: Cause.nullable().openapi({
      description:
        'Why it did not end by itself; of an open run, what keeps it from going on (`workflow task failed`).',
    }),
    reset_of: z.uuid().nullable().openapi({ description: 'The run that this one is a retry of.' }),
    rerun_of: z
      .uuid()
      .nullable()
      .openapi({ description: 'The run whose input this one was begun with again.' }),
    queued_at: instant,
    started_at: instant.nullable(),
    ended_at: instant.nullable(),
    duration_ms: z.int().nullable().openapi({ description: 'From queued to ended.' }),
  })
  .openapi('RunSummary');

const Step = z
  .object({
    number: z.int(),
    key: z.string(),
    kind: z.enum(['activity', 'local_activity', 'child', 'wait', 'timer', 'signal']),
    name: z.string(),
    summary: z.string().nullable(),
    status: z.enum(['scheduled', 'running', 'succeeded', 'failed', 'timed_out', 'cancelled']),
    attempts: z.int(),
    cause: z.string().nullable(),
    scheduled_at: instant,
    started_at: instant.nullable(),
    ended_at: instant.nullable(),
  })
  .openapi('RunStep');

export const RunDetailSchema = RunSummarySchema.extend({
  input: anything,
  output: anything,
  policies: z.array(z.string()).openapi({
    description: 'What decided about its models and prompts, as `name@version`, in the order of use.',
    example: ['answer@1'],
  }),
  steps: z.array(Step),
  llm_calls: z.array(LlmCallSchema),
  sends: z.array(SendSchema),
  truncated: z
    .array(z.enum(['steps', 'llm_calls', 'sends']))
    .openapi({ description: 'Lists of which only the first 1000 rows are shown.' }),
}).openapi('Run');

export const RunListSchema = z
  .object({
    runs: z.array(RunSummarySchema),
    next_cursor: nextCursor,
  })
  .openapi('RunList');

export function summaryJson(run: RunSummary): z.infer<typeof RunSummarySchema> {
  return {
    run_id: run.runId,
    workflow_id: run.workflowId,
    process: run.process,
    status: run.status,
    waiting_on: run.waitingOn,
    customer_id: run.customerId,
    conversation_id: run.conversationId,
    correlation_id: run.correlationId,
    parent_workflow_id: run.parentWorkflowId,
    details: run.details,
    losses: run.losses,
    cause: run.cause,
    reset_of: run.resetOf,
    rerun_of: run.rerunOf,
    queued_at: run.queuedAt.toISOString(),
    started_at: iso(run.startedAt),
    ended_at: iso(run.endedAt),
    duration_ms: run.endedAt === null ? null : run.endedAt.getTime() - run.queuedAt.getTime(),
  };
}

export function detailJson(run: RunDetail): z.infer<typeof RunDetailSchema> {
  return {
    ...summaryJson(run),
    input: run.input ?? null,
    output: run.output ?? null,
    policies: [...new Set(run.llmCalls.flatMap(({ policy }) => policy ?? []))],
    steps: run.steps.map((step) => ({
      number: step.stepNumber,
      key: step.key,
      kind: step.kind,
      name: step.name,
      summary: step.summary,
      status: step.status,
      attempts: step.attempts,
      cause: step.cause,
      scheduled_at: step.scheduledAt.toISOString(),
      started_at: iso(step.startedAt),
      ended_at: iso(step.endedAt),
    })),
    llm_calls: run.llmCalls.map(llmCallJson),
    sends: run.sends.map(sendJson),
    truncated: run.truncated.map((name) => (name === 'llmCalls' ? 'llm_calls' : name)),
  };
}
