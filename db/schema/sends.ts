import { sql } from 'drizzle-orm';
import {
  bigserial,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  unique,
  uuid,
} from 'drizzle-orm/pg-core';
import type { Chunk } from '../../domain/outbound.ts';
import type { SendResolution, SendState } from '../../domain/sends.ts';
import { correlationId, createdAt, id, instant } from './columns.ts';
import { conversations } from './messages.ts';
import { channels, ofTenant } from './tenants.ts';

export type { SendState };

/**
 * The send ledger: each chunk is a row before it is sent, and chunks of a chat go out in `ordinal` order.
 * `sending` without a living sender means that nobody knows: it becomes `unknown`, never a second attempt.
 */
export const sends = pgTable(
  'sends',
  {
    id: id(),
    tenantId: ofTenant(),
    channelId: uuid()
      .notNull()
      .references(() => channels.id),
    conversationId: uuid()
      .notNull()
      .references(() => conversations.id),
    chatId: text().notNull(),
    /** Business key: workflow id and step. Never Temporal's run id, which a reset changes. */
    key: text().notNull(),
    part: integer().notNull(),
    ordinal: bigserial({ mode: 'number' }).notNull(),
    workflowId: text().notNull(),
    chunk: jsonb().$type<Chunk>().notNull(),
    state: text().$type<SendState>().notNull().default('pending'),
    attempts: integer().notNull().default(0),
    channelMessageId: text(),
    /** Why it was refused, or what made it unknown. */
    reason: text(),
    error: text(),
    correlationId: correlationId(),
    createdAt: createdAt(),
    settledAt: instant(),
    /** What a person decided when it was unknown, the last time. */
    resolution: text().$type<SendResolution>(),
    resolvedBy: text(),
    resolvedAt: instant(),
  },
  (t) => [
    unique('sends_key').on(t.tenantId, t.key, t.part),
    index('sends_open')
      .on(t.tenantId, t.conversationId, t.ordinal)
      .where(sql`${t.state} in ('pending', 'sending')`),
    index('sends_workflow').on(t.tenantId, t.workflowId),
    // Lists for people, newest first, page by page.
    index('sends_newest').on(t.tenantId, t.createdAt, t.id),
    index('sends_conversation').on(t.tenantId, t.conversationId, t.createdAt, t.id),
    index('sends_unknown').on(t.tenantId, t.createdAt).where(sql`${t.state} = 'unknown'`),
    check('sends_state', sql`${t.state} in ('pending', 'sending', 'sent', 'refused', 'unknown')`),
  ],
);

/** When a bot or a chat may send next: one row each, shared by all workers. */
export const sendBudgets = pgTable(
  'send_budgets',
  {
    tenantId: ofTenant(),
    /** `bot:<channel id>` or `chat:<channel id>:<chat id>`. */
    scope: text().notNull(),
    readyAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.tenantId, t.scope] })],
);
