import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { correlationId, createdAt, id, instant } from './columns.ts';
import { ofTenant } from './tenants.ts';

/**
 * What systems outside have sent to the webhook of a process, stored before it is acknowledged and handed to
 * the engine after that. The unique key is the only dedupe, and has no time limit.
 */
export const deliveries = pgTable(
  'deliveries',
  {
    id: id(),
    tenantId: ofTenant(),
    /** Name of the process that it starts. */
    process: text().notNull(),
    /** Hash of the sender's name for this delivery, which may hold personal data. */
    key: text().notNull(),
    workflowId: text().notNull(),
    /** Input of the run. Null once it has been started: the history holds it then. */
    input: jsonb(),
    /** Hash of what was sent: the same key with another body is a conflict. */
    fingerprint: text().notNull(),
    correlationId: correlationId(),
    createdAt: createdAt(),
    /** When the engine took it, or refused it for good; the sweep looks for nulls. */
    settledAt: instant(),
    /** Why nobody could take it. */
    refusal: text(),
  },
  (t) => [
    unique('deliveries_key').on(t.tenantId, t.process, t.key),
    // For retention.
    index('deliveries_age').on(t.tenantId, t.settledAt).where(sql`${t.settledAt} is not null`),
    index('deliveries_open').on(t.tenantId, t.createdAt).where(sql`${t.settledAt} is null`),
  ],
);
