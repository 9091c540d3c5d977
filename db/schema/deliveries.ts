import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { correlationId, createdAt, id, instant } from './columns.ts';
import { ofTenant } from './tenants.ts';

/** What is done with a delivery: a run is started (`hook`), or one that waits is told (`callback`). */
export type DeliveryKind = 'hook' | 'callback';

/**
 * What systems outside have delivered for a run, stored before it is acknowledged and handed to the engine
 * after that. The unique key is the only dedupe, and has no time limit.
 */
export const deliveries = pgTable(
  'deliveries',
  {
    id: id(),
    tenantId: ofTenant(),
    kind: text().$type<DeliveryKind>().notNull(),
    /** Whom it is for: a process's name, or the wait of a run. */
    target: text().notNull(),
    /** The sender's name for this delivery. */
    key: text().notNull(),
    workflowId: text().notNull(),
    /** What the run is given. Null once it has been: the history holds it then. */
    content: jsonb(),
    /** Hash of what was sent: the same key with other content is a conflict. */
    fingerprint: text().notNull(),
    correlationId: correlationId(),
    createdAt: createdAt(),
    /** When the engine took it, or refused it for good; the sweep looks for nulls. */
    settledAt: instant(),
    /** Why nobody could take it. */
    refusal: text(),
  },
  (t) => [
    unique('deliveries_key').on(t.tenantId, t.kind, t.target, t.key),
    index('deliveries_open').on(t.tenantId, t.createdAt).where(sql`${t.settledAt} is null`),
  ],
);
