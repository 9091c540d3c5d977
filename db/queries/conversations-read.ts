import { and, eq, sql } from 'drizzle-orm';
import type { ConversationStatus } from '../../domain/conversation.ts';
import type { Executor } from '../client.ts';
import { channels, conversations, customers, messages } from '../schema/index.ts';
import { conversationStatus, hasStatus } from './conversation-status.ts';
import { newestFirst, type Page, type PageRequest, type Period, same } from './page.ts';

/** Of the time they began. */
export interface ConversationFilter extends Period {
  id?: string | undefined;
  /** Name of the channel. */
  channel?: string | undefined;
  customerId?: string | undefined;
  status?: ConversationStatus | undefined;
}

const view = {
  id: conversations.id,
  channel: channels.name,
  channelKind: channels.kind,
  chatId: conversations.chatId,
  customerId: conversations.customerId,
  customerName: customers.name,
  customerState: customers.state,
  locale: conversations.locale,
  status: conversationStatus,
  unhandled: sql<number>`(${conversations.lastNumber} - ${conversations.handledNumber})::integer`,
  createdAt: conversations.createdAt,
  lastMessageAt: conversations.lastMessageAt,
};

const begun = newestFirst(conversations);

/** A page of conversations and one row more, newest first. */
export function conversationsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: ConversationFilter,
  { limit, after }: PageRequest,
) {
  return db
    .select(view)
    .from(conversations)
    .innerJoin(channels, eq(channels.id, conversations.channelId))
    .innerJoin(customers, eq(customers.id, conversations.customerId))
    .where(
      and(
        eq(conversations.tenantId, tenantId),
        same(conversations.id, filter.id),
        same(channels.name, filter.channel),
        same(conversations.customerId, filter.customerId),
        filter.status && hasStatus(tenantId, filter.status),
        begun.within(filter, after),
      ),
    )
    .orderBy(...begun.order)
    .limit(limit + 1);
}

export type ConversationView = Awaited<ReturnType<typeof conversationsQuery>>[number];

export async function listConversations(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: ConversationFilter,
  page: PageRequest,
): Promise<Page<ConversationView>> {
  return begun.page(await conversationsQuery(db, tenantId, filter, page), page.limit);
}

const stored = newestFirst(messages);

/** A page of a conversation's messages and one row more, newest first, both directions. */
export function messagesQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  { id, chatId }: Pick<ConversationView, 'id' | 'chatId'>,
  { limit, after }: PageRequest,
) {
  return db
    .select({
      id: messages.id,
      direction: messages.direction,
      contentType: messages.contentType,
      content: messages.content,
      metadata: messages.metadata,
      number: messages.number,
      channelMessageId: messages.channelMessageId,
      workflowId: messages.workflowId,
      withheld: messages.withheld,
      correlationId: messages.correlationId,
      createdAt: messages.createdAt,
    })
    .from(messages)
    .where(
      and(
        eq(messages.tenantId, tenantId),
        eq(messages.chatId, chatId),
        eq(messages.conversationId, id),
        stored.within({}, after),
      ),
    )
    .orderBy(...stored.order)
    .limit(limit + 1);
}

export type MessageView = Awaited<ReturnType<typeof messagesQuery>>[number];

export async function listMessages(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  conversation: Pick<ConversationView, 'id' | 'chatId'>,
  page: PageRequest,
): Promise<Page<MessageView>> {
  return stored.page(await messagesQuery(db, tenantId, conversation, page), page.limit);
}

/** Where a message that came before was stored. */
export async function findInbound(
  db: Pick<Executor, 'select'>,
  which: { tenantId: string; channelId: string; chatId: string; channelMessageId: string },
): Promise<{ conversationId: string; messageId: string } | undefined> {
  const [row] = await db
    .select({ conversationId: conversations.id, messageId: messages.id })
    .from(conversations)
    .innerJoin(
      messages,
      and(eq(messages.tenantId, conversations.tenantId), eq(messages.conversationId, conversations.id)),
    )
    .where(
      and(
        eq(conversations.tenantId, which.tenantId),
        eq(conversations.channelId, which.channelId),
        eq(conversations.chatId, which.chatId),
        eq(messages.channelMessageId, which.channelMessageId),
        eq(messages.direction, 'inbound'),
      ),
    )
    .limit(1);
  return row;
}
