import { and, asc, desc, eq, gt, inArray, isNull, lt, sql } from 'drizzle-orm';
import { alias } from 'drizzle-orm/pg-core';
import { SUSPENSION_TOLD_EVERY_MS } from '../../domain/customer.ts';
import type { Locale } from '../../domain/locale.ts';
import type { ChannelKind, UnifiedMessage } from '../../domain/message.ts';
import type { Database, Executor } from '../client.ts';
import { channels, conversations, customers, messages, tenants } from '../schema/index.ts';
import { list } from './arrays.ts';

export interface ConversationRow {
  conversationId: string;
  tenantId: string;
  tenantSlug: string;
  channelId: string;
  channelName: string;
  channel: ChannelKind;
  chatId: string;
  customerId: string;
  locale: Locale;
  country: string;
  handledNumber: number;
}

/** A conversation with what is needed to route and to answer in it. */
export async function findConversation(
  db: Executor,
  conversationId: string,
): Promise<ConversationRow | undefined> {
  const [row] = await db
    .select({
      conversationId: conversations.id,
      tenantId: conversations.tenantId,
      tenantSlug: tenants.slug,
      channelId: conversations.channelId,
      channelName: channels.name,
      channel: channels.kind,
      chatId: conversations.chatId,
      customerId: conversations.customerId,
      locale: conversations.locale,
      country: tenants.country,
      handledNumber: conversations.handledNumber,
    })
    .from(conversations)
    .innerJoin(tenants, eq(tenants.id, conversations.tenantId))
    .innerJoin(channels, eq(channels.id, conversations.channelId))
    .where(eq(conversations.id, conversationId));
  return row;
}

/** Everything up to `number` has been handled. Never moves back. */
export async function saveHandled(db: Executor, conversationId: string, number: number): Promise<void> {
  await db
    .update(conversations)
    .set({ handledNumber: number })
    .where(and(eq(conversations.id, conversationId), lt(conversations.handledNumber, number)));
}

/** Speaks this language from now on, whatever the customer writes. */
export async function chooseLocale(db: Executor, conversationId: string, locale: Locale): Promise<void> {
  const [row] = await db
    .update(conversations)
    .set({ locale })
    .where(eq(conversations.id, conversationId))
    .returning({ customerId: conversations.customerId });
  if (row) await db.update(customers).set({ chosenLocale: locale }).where(eq(customers.id, row.customerId));
}

const messageColumns = {
  id: messages.id,
  conversationId: messages.conversationId,
  tenantId: messages.tenantId,
  number: messages.number,
  channelMessageId: messages.channelMessageId,
  contentType: messages.contentType,
  content: messages.content,
  metadata: messages.metadata,
  correlationId: messages.correlationId,
  createdAt: messages.createdAt,
};

const envelopeColumns = { ...messageColumns, locale: conversations.locale };

const suspensionOver = sql<boolean>`coalesce(${customers.suspendedUntil} <= now(), false)`;

/** The first inbound messages of a conversation with numbers strictly between the two, in order; none that is withheld. */
export function inboundBetween(
  db: Executor,
  conversationId: string,
  after: number,
  before: number,
  limit: number,
) {
  return db
    .select(envelopeColumns)
    .from(messages)
    .innerJoin(conversations, eq(conversations.id, messages.conversationId))
    .innerJoin(customers, eq(customers.id, conversations.customerId))
    .where(
      and(
        eq(messages.tenantId, conversations.tenantId),
        eq(messages.conversationId, conversationId),
        gt(messages.number, after),
        lt(messages.number, before),
        isNull(messages.withheld),
        sql`(${customers.state} not in ('suspended', 'banned') or ${suspensionOver})`,
      ),
    )
    .orderBy(asc(messages.number))
    .limit(limit);
}

export type InboundRow = Awaited<ReturnType<typeof inboundBetween>>[number];

export type UndispatchedRow = Awaited<ReturnType<typeof undispatchedOf>>[number];

const waiting = and(isNull(messages.dispatchedAt), eq(messages.direction, 'inbound'));

/**
 * Stored but not yet signalled messages of some conversations, with what holds for their customers now: of each
 * conversation the first `limit`, in order. `perWindow` is how many are served in a window, 0 as many as come.
 */
export function undispatchedOf(
  db: Database,
  conversationIds: readonly string[],
  { limit, perWindow }: { limit: number; perWindow: number },
) {
  // The partial index begins with the tenant.
  const first = db
    .select(messageColumns)
    .from(messages)
    .where(
      and(
        waiting,
        eq(messages.tenantId, conversations.tenantId),
        eq(messages.conversationId, conversations.id),
      ),
    )
    .orderBy(asc(messages.number))
    .limit(limit)
    .as('first');
  const other = alias(messages, 'earlier_message');
  const earlier = db
    .select({ at: other.createdAt })
    .from(other)
    .where(
      and(
        sql`${perWindow}::int > 0`,
        eq(other.tenantId, first.tenantId),
        eq(other.conversationId, first.conversationId),
        eq(other.number, sql`${first.number} - ${perWindow}::int`),
      ),
    )
    .as('earlier');
  return db
    .select({
      id: first.id,
      conversationId: first.conversationId,
      tenantId: first.tenantId,
      number: first.number,
      channelMessageId: first.channelMessageId,
      contentType: first.contentType,
      content: first.content,
      metadata: first.metadata,
      correlationId: first.correlationId,
      createdAt: first.createdAt,
      locale: conversations.locale,
      customerId: conversations.customerId,
      customerState: customers.state,
      suspendedUntil: customers.suspendedUntil,
      suspensionOver,
      /** When the message came that is as many places before as are served in a window; null without such a limit. */
      earlierAt: earlier.at,
      suspensionTold: sql<boolean>`coalesce(${customers.suspensionToldAt}
        > now() - make_interval(secs => ${SUSPENSION_TOLD_EVERY_MS / 1000}), false)`,
    })
    .from(conversations)
    .innerJoin(customers, eq(customers.id, conversations.customerId))
    .innerJoinLateral(first, sql`true`)
    .leftJoinLateral(earlier, sql`true`)
    .where(sql`${conversations.id} = any(${list(conversationIds, 'uuid')})`)
    .orderBy(asc(first.conversationId), asc(first.number));
}

/** When the last messages before one were written that are served, oldest first; at most `limit`. */
export async function servedBefore(
  db: Executor,
  { tenantId, conversationId, number }: { tenantId: string; conversationId: string; number: number },
  limit: number,
): Promise<Date[]> {
  const rows = await db
    .select({ at: messages.createdAt })
    .from(messages)
    .where(
      and(
        eq(messages.tenantId, tenantId),
        eq(messages.conversationId, conversationId),
        lt(messages.number, number),
        isNull(messages.withheld),
      ),
    )
    .orderBy(desc(messages.number))
    .limit(limit);
  return rows.map(({ at }) => at).reverse();
}

/** Conversations with messages that wait for their signal longer than `olderThanMs`: what a crash left behind. */
export function conversationsLeftBehind(db: Executor, olderThanMs: number, limit: number) {
  return db
    .selectDistinct({ conversationId: messages.conversationId })
    .from(messages)
    .where(and(waiting, lt(messages.createdAt, sql`now() - make_interval(secs => ${olderThanMs / 1000})`)))
    .limit(limit);
}

/** The unified shape, whatever channel a message came by. */
const unified = {
  id: messages.id,
  tenantId: messages.tenantId,
  channel: messages.channel,
  channelMessageId: messages.channelMessageId,
  channelUserId: messages.channelUserId,
  customerId: messages.customerId,
  conversationId: messages.conversationId,
  direction: messages.direction,
  contentType: messages.contentType,
  content: messages.content,
  metadata: messages.metadata,
  createdAt: messages.createdAt,
};

/** Messages by id, in the order of the conversation. */
export async function readMessages(
  db: Executor,
  tenantId: string,
  messageIds: string[],
): Promise<UnifiedMessage[]> {
  if (messageIds.length === 0) return [];
  return db
    .select(unified)
    .from(messages)
    .where(and(eq(messages.tenantId, tenantId), inArray(messages.id, messageIds)))
    .orderBy(asc(messages.number));
}

/** The newest messages of a chat, newest first, both directions. */
export async function transcript(
  db: Executor,
  tenantId: string,
  conversationId: string,
  limit: number,
): Promise<UnifiedMessage[]> {
  // The index of the transcript begins with the chat.
  const chat = db
    .select({ chatId: conversations.chatId })
    .from(conversations)
    .where(eq(conversations.id, conversationId));
  return db
    .select(unified)
    .from(messages)
    .where(
      and(
        eq(messages.tenantId, tenantId),
        eq(messages.chatId, sql`(${chat})`),
        eq(messages.conversationId, conversationId),
      ),
    )
    .orderBy(desc(messages.createdAt), desc(messages.id))
    .limit(limit);
}
