import { bigint, date, index, pgTable, primaryKey, text, uuid } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';
import { ofTenant } from './tenants.ts';

/** What a budget for models has spent on one day: the row that everybody who wants to spend more has to hold. */
export const llmBudgets = pgTable(
  'llm_budgets',
  {
    tenantId: ofTenant(),
    budget: text().notNull(),
    /** In the budget's time zone. */
    day: date({ mode: 'string' }).notNull(),
    /** Millionths of the currency unit. */
    spentMicros: bigint({ mode: 'number' }).notNull().default(0),
    spentTokens: bigint({ mode: 'number' }).notNull().default(0),
    /** When it first refused a call on this day. */
    refusedAt: instant(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.budget, t.day] })],
);

/**
 * Money and tokens that calls in flight may still cost, one row per call and budget. A row whose owner
 * died counts as spent once it has expired.
 */
export const llmReservations = pgTable(
  'llm_reservations',
  {
    /** Of the call. */
    id: uuid().notNull(),
    tenantId: ofTenant(),
    budget: text().notNull(),
    day: date({ mode: 'string' }).notNull(),
    micros: bigint({ mode: 'number' }).notNull(),
    tokens: bigint({ mode: 'number' }).notNull(),
    expiresAt: instant().notNull(),
  },
  (t) => [
    primaryKey({ columns: [t.tenantId, t.id, t.budget] }),
    index('llm_reservations_budget').on(t.tenantId, t.budget, t.day),
  ],
);
