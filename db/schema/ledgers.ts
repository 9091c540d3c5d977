import { bigint, index, integer, jsonb, pgTable, text, uuid } from 'drizzle-orm/pg-core';
import { correlationId, createdAt, id } from './columns.ts';
import { ofTenant } from './tenants.ts';

/** Every attempt to call a model. Kept 30 days. */
export const llmCalls = pgTable(
  'llm_calls',
  {
    id: id(),
    tenantId: ofTenant(),
    /** The workflow execution that asked. */
    runId: uuid().notNull(),
    workflowId: text().notNull(),
    step: text().notNull(),
    purpose: text().notNull(),
    /** What decided about roles and prompt, as `name@version`; null for calls that no policy governs. */
    policy: text(),
    /** The instructions that were given, as `name@version`; null where there were none. */
    prompt: text(),
    role: text().notNull(),
    provider: text().notNull(),
    model: text().notNull(),
    attempt: integer().notNull(),
    promptTokens: integer().notNull(),
    completionTokens: integer().notNull(),
    /** Millionths of the currency unit; null where the price of the model is not known. */
    costMicros: bigint({ mode: 'number' }),
    currency: text().notNull(),
    durationMs: integer().notNull(),
    outcome: text().notNull(),
    error: text(),
    correlationId: correlationId(),
    createdAt: createdAt(),
  },
  (t) => [
    index('llm_calls_run').on(t.tenantId, t.runId, t.model, t.createdAt),
    index('llm_calls_workflow').on(t.tenantId, t.workflowId),
    // Lists and sums of a period.
    index('llm_calls_newest').on(t.tenantId, t.createdAt, t.id),
  ],
);

/** Important happenings, for people and alarms. Kept 90 days. */
export const automationEvents = pgTable(
  'automation_events',
  {
    id: id(),
    tenantId: ofTenant(),
    eventType: text().notNull(),
    /** What it is about: a workflow id, a conversation, a customer, a channel. */
    subject: text().notNull(),
    data: jsonb().$type<Record<string, unknown>>().notNull(),
    /** Who caused it: `system`, or the identity of a client. */
    actor: text().notNull(),
    correlationId: correlationId(),
    createdAt: createdAt(),
  },
  (t) => [
    index('automation_events_type').on(t.tenantId, t.eventType, t.createdAt),
    index('automation_events_subject').on(t.tenantId, t.subject),
    index('automation_events_newest').on(t.tenantId, t.createdAt, t.id),
  ],
);
