import { sql } from 'drizzle-orm';
import { bigint, check, index, jsonb, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { Locale } from '../../domain/locale.ts';
import type { ChannelKind, ContentType, MessageMetadata, Withheld } from '../../domain/message.ts';
import type { Content } from '../../domain/outbound.ts';
import { correlationId, createdAt, id, instant } from './columns.ts';
import { customers } from './customers.ts';
import { channels, ofTenant } from './tenants.ts';

/** What the platform delivered, as it came. The unique key is the only dedupe, and has no time limit. */
export const updates = pgTable(
  'updates',
  {
    id: id(),
    tenantId: ofTenant(),
    channelId: uuid()
      .notNull()
      .references(() => channels.id),
    /** The platform's number of the delivery; null for what a forwarder brought. */
    updateId: bigint({ mode: 'number' }),
    /** The forwarder's name for the message: chat and message id. */
    externalId: text(),
    raw: jsonb().notNull(),
    /** What it was understood as: message, membership, or why it is never answered. */
    kind: text().notNull(),
    receivedAt: createdAt(),
  },
  (t) => [
    unique('updates_update_id').on(t.tenantId, t.channelId, t.updateId),
    uniqueIndex('updates_external_id')
      .on(t.tenantId, t.channelId, t.externalId)
      .where(sql`${t.externalId} is not null`),
    // For retention: deliveries whose text is still kept.
    index('updates_age').on(t.tenantId, t.receivedAt).where(sql`${t.raw} <> '{}'::jsonb`),
    check('updates_key', sql`(${t.updateId} is null) <> (${t.externalId} is null)`),
  ],
);

/** One customer in one chat of a channel. */
export const conversations = pgTable(
  'conversations',
  {
    id: id(),
    tenantId: ofTenant(),
    channelId: uuid()
      .notNull()
      .references(() => channels.id),
    chatId: text().notNull(),
    customerId: uuid()
      .notNull()
      .references(() => customers.id),
    locale: text().$type<Locale>().notNull(),
    /** Number of the newest inbound message; its row lock orders concurrent webhooks. */
    lastNumber: bigint({ mode: 'number' }).notNull().default(0),
    /** Everything up to here has been handled; the workflow reads it when it starts again. */
    handledNumber: bigint({ mode: 'number' }).notNull().default(0),
    createdAt: createdAt(),
    lastMessageAt: instant(),
  },
  (t) => [
    unique('conversations_chat').on(t.tenantId, t.channelId, t.chatId),
    index('conversations_customer').on(t.tenantId, t.customerId, t.createdAt),
    // The list, newest first, page by page.
    index('conversations_newest').on(t.tenantId, t.createdAt, t.id),
  ],
);

/** Every message of customers and bot, kept for ever. */
export const messages = pgTable(
  'messages',
  {
    id: id(),
    tenantId: ofTenant(),
    channel: text().$type<ChannelKind>().notNull(),
    channelMessageId: text().notNull(),
    channelUserId: text().notNull(),
    customerId: uuid().references(() => customers.id),
    conversationId: uuid()
      .notNull()
      .references(() => conversations.id),
    chatId: text().notNull(),
    direction: text().$type<'inbound' | 'outbound'>().notNull(),
    contentType: text().$type<ContentType>().notNull(),
    content: text().notNull(),
    metadata: jsonb().$type<MessageMetadata>().notNull(),
    /** Place in the conversation, given under its row lock. Null for what the bot said. */
    number: bigint({ mode: 'number' }),
    /** The workflow that said it. */
    workflowId: text(),
    correlationId: correlationId(),
    /** When the conversation was signalled; the sweep looks for nulls. */
    dispatchedAt: instant(),
    /**
     * Why it was stored and not served: its sender was under this sanction, or a restore could not tell whether
     * it had been answered.
     */
    withheld: text().$type<Withheld>(),
    createdAt: createdAt(),
  },
  (t) => [
    // Transcript of a chat.
    index('messages_chat').on(t.tenantId, t.chatId, t.createdAt),
    // Gaps and context of a conversation, in order.
    unique('messages_number').on(t.tenantId, t.conversationId, t.number),
    // Quoted, edited and repeated messages are found by their platform id.
    // Not unique: two corrections within a second have the same one.
    index('messages_channel_message').on(t.tenantId, t.conversationId, t.channelMessageId),
    // The dispatcher's sweep.
    index('messages_undispatched')
      .on(t.tenantId, t.conversationId, t.number)
      .where(sql`${t.dispatchedAt} is null and ${t.direction} = 'inbound'`),
  ],
);

/**
 * Long texts on their way from one step to the next. Histories carry the reference, and a step repeated
 * after a crash finds what it has already paid for.
 */
export const drafts = pgTable(
  'drafts',
  {
    id: id(),
    tenantId: ofTenant(),
    key: text().notNull(),
    content: jsonb().$type<Content>().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique('drafts_key').on(t.tenantId, t.key),
    // For retention.
    index('drafts_age').on(t.tenantId, t.createdAt),
  ],
);
