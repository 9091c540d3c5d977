import { sql } from 'drizzle-orm';
import { index, jsonb, pgTable, text, unique } from 'drizzle-orm/pg-core';
import { correlationId, createdAt, id, instant } from './columns.ts';
import { ofTenant } from './tenants.ts';

/** What providers have been asked to call back with, and what they said. The first answer counts. */
export const callbacks = pgTable(
  'callbacks',
  {
    id: id(),
    tenantId: ofTenant(),
    /** Business key: workflow id and ordinal, so that a reset of the run finds what has come already. */
    key: text().notNull(),
    workflowId: text().notNull(),
    /** The half of the token that only the provider is given. Random, and never in a history. */
    secret: text().notNull(),
    /** Absent also for an answer that came too late, which nobody will read. */
    body: jsonb(),
    receivedAt: instant(),
    /** When the run was told, or was found to be gone. */
    dispatchedAt: instant(),
    /** Nobody waits any more. */
    closedAt: instant(),
    correlationId: correlationId(),
    createdAt: createdAt(),
  },
  (t) => [
    unique('callbacks_key').on(t.tenantId, t.key),
    index('callbacks_undispatched')
      .on(t.tenantId, t.receivedAt)
      .where(sql`${t.receivedAt} is not null and ${t.dispatchedAt} is null`),
    // For retention.
    index('callbacks_age').on(t.tenantId, t.createdAt),
  ],
);
