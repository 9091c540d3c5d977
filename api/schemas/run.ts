import { z } from '@hono/zod-openapi';
import type { RunDetail, RunSummary } from '../../db/queries/runs-read.ts';
import { RUN_STATES, WAITING_ON } from '../../domain/run.ts';
import { SEND_RESOLUTIONS, SEND_STATES } from '../../domain/sends.ts';
import { nextCursor } from '../listing.ts';

const instant = z.iso.datetime().openapi({ example: '2026-01-31T09:00:00.000Z' });
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
    cause: Cause.nullable().openapi({ description: 'Why it did not end by itself.' }),
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

const LlmCall = z
  .object({
    id: z.uuid(),
    run_id: z.uuid().openapi({ description: 'The execution that asked; a reset has another.' }),
    step: z.string(),
    purpose: z.string(),
    policy: z.string().nullable().openapi({
      description: 'What decided about models and prompt, as `name@version`.',
      example: 'answer@1',
    }),
    prompt: z.string().nullable().openapi({ description: 'As `name@version`.', example: 'answer@1' }),
    role: z.string(),
    provider: z.string(),
    model: z.string(),
    attempt: z.int(),
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
    cost_micros: z
      .int()
      .nullable()
      .openapi({ description: 'Millionths of the currency unit; null where the price is not known.' }),
    currency: z.string(),
    duration_ms: z.int(),
    outcome: z.string(),
    error: z.string().nullable(),
    created_at: instant,
  })
  .openapi('LlmCall');

const Send = z
  .object({
    id: z.uuid(),
    key: z.string(),
    part: z.int(),
    state: z.enum(SEND_STATES).openapi({
      description: '`unknown`: the platform may or may not have delivered it; it is not repeated blindly.',
    }),
    text: z.string(),
    attempts: z.int(),
    channel_message_id: z.string().nullable(),
    reason: z.string().nullable(),
    error: z.string().nullable(),
    created_at: instant,
    settled_at: instant.nullable(),
    resolution: z
      .enum(SEND_RESOLUTIONS)
      .nullable()
      .openapi({ description: 'What a person decided when it was unknown, the last time.' }),
    resolved_by: z.string().nullable(),
    resolved_at: instant.nullable(),
  })
  .openapi('Send');

export const RunDetailSchema = RunSummarySchema.extend({
  input: anything,
  output: anything,
  policies: z.array(z.string()).openapi({
    description: 'What decided about its models and prompts, as `name@version`, in the order of use.',
    example: ['answer@1'],
  }),
  steps: z.array(Step),
  llm_calls: z.array(LlmCall),
  sends: z.array(Send),
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

const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

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
    llm_calls: run.llmCalls.map((call) => ({
      id: call.id,
      run_id: call.runId,
      step: call.step,
      purpose: call.purpose,
      policy: call.policy,
      prompt: call.prompt,
      role: call.role,
      provider: call.provider,
      model: call.model,
      attempt: call.attempt,
      prompt_tokens: call.promptTokens,
      completion_tokens: call.completionTokens,
      cost_micros: call.costMicros,
      currency: call.currency,
      duration_ms: call.durationMs,
      outcome: call.outcome,
      error: call.error,
      created_at: call.createdAt.toISOString(),
    })),
    sends: run.sends.map((send) => ({
      id: send.id,
      key: send.key,
      part: send.part,
      state: send.state,
      text: send.chunk.text,
      attempts: send.attempts,
      channel_message_id: send.channelMessageId,
      reason: send.reason,
      error: send.error,
      created_at: send.createdAt.toISOString(),
      settled_at: iso(send.settledAt),
      resolution: send.resolution,
      resolved_by: send.resolvedBy,
      resolved_at: iso(send.resolvedAt),
    })),
    truncated: run.truncated.map((name) => (name === 'llmCalls' ? 'llm_calls' : name)),
  };
}
