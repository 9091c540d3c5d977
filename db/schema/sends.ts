import { sql } from 'drizzle-orm';
import {
  bigint,
  bigserial,
  boolean,
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
import { DEFAULT_IF_UNKNOWN, type Finding, type IfUnknown } from '../../domain/doubt.ts';
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
    /** When the last attempt began; by the database's clock, like all that evidence is weighed with. */
    attemptedAt: instant(),
    /** What becomes of it when nobody can tell whether it arrived. */
    ifUnknown: text().$type<IfUnknown>().notNull().default(DEFAULT_IF_UNKNOWN),
    /** Sent once more although the attempt before may have arrived. */
    possiblyRepeated: boolean().notNull().default(false),
    channelMessageId: text(),
    /** Why it was refused, or what made it unknown. */
    reason: text(),
    error: text(),
    correlationId: correlationId(),
    createdAt: createdAt(),
    settledAt: instant(),
    /** What was decided when it was unknown, the last time, and by whom: a person, `probe` or `policy`. */
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
    check('sends_if_unknown', sql`${t.ifUnknown} in ('repeat', 'person')`),
  ],
);

/**
 * Attempts of which nobody knows whether they arrived, and what looking for them has found. The interval of ids
 * is kept when the doubt is over: what may still stand there unclaimed must not be taken for another message.
 */
export const sendDoubts = pgTable(
  'send_doubts',
  {
    sendId: uuid()
      .notNull()
      .references(() => sends.id, { onDelete: 'cascade' }),
    attempt: integer().notNull(),
    tenantId: ofTenant(),
    conversationId: uuid()
      .notNull()
      .references(() => conversations.id),
    begunAt: instant().notNull(),
    endedAt: instant().notNull(),
    /** The highest id known before the attempt, and the first known after it. */
    afterId: bigint({ mode: 'number' }),
    beforeId: bigint({ mode: 'number' }),
    /** Ids in between that nothing claimed at the last look. */
    candidates: integer(),
    tries: integer().notNull().default(0),
    looks: integer().notNull().default(0),
    finding: text().$type<Finding>(),
    /** What the platform said last. */
    answer: text(),
    /** The id under which it was found. */
    messageId: text(),
    /** When it is looked for next; null when no more. */
    nextLookAt: instant(),
    /** Nothing but a person or late evidence settles it. */
    waitsForPerson: boolean().notNull().default(false),
  },
  (t) => [
    primaryKey({ columns: [t.sendId, t.attempt] }),
    index('send_doubts_due').on(t.tenantId, t.nextLookAt).where(sql`${t.nextLookAt} is not null`),
    index('send_doubts_conversation').on(t.tenantId, t.conversationId, t.begunAt),
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
