import { z } from '@hono/zod-openapi';
import type { LlmCallView } from '../../db/queries/llm-calls-read.ts';
import { instant } from './common.ts';

/** A model call within its run. */
export const LlmCallSchema = z
  .object({
    id: z.uuid(),
    run_id: z.uuid().openapi({ description: 'The execution that asked; a reset has another.' }),
    step: z.string(),
    purpose: z.string(),
    policy: z
      .string()
      .nullable()
      .openapi({ description: 'What chose the models, as name@version.', example: 'answer@1' }),
    prompt: z
      .string()
      .nullable()
      .openapi({ description: 'The instructions, as name@version.', example: 'answer@1' }),
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

/** A model call on its own. */
export const LedgerLlmCallSchema = LlmCallSchema.extend({
  workflow_id: z.string(),
  correlation_id: z.string(),
}).openapi('LedgerLlmCall');

export const llmCallJson = (
  call: Omit<LlmCallView, 'workflowId' | 'correlationId'>,
): z.infer<typeof LlmCallSchema> => ({
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
});

export const ledgerLlmCallJson = (call: LlmCallView): z.infer<typeof LedgerLlmCallSchema> => ({
  ...llmCallJson(call),
  workflow_id: call.workflowId,
  correlation_id: call.correlationId,
});
