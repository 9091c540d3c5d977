import { and, eq, isNull, sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import type { Locale } from '../../domain/locale.ts';
import type { ChannelKind, ParsedUpdate } from '../../domain/message.ts';
import type { Database } from '../client.ts';
import { conversations, messages, updates } from '../schema/index.ts';
import { findOrCreateCustomer, markReachable } from './customers.ts';
import { joinByProved } from './identify.ts';
import { storeFromKnown } from './intake-known.ts';

export interface UpdateToStore {
  tenantId: string;
  channelId: string;
  channel: ChannelKind;
  /** The platform's number of the delivery, or a forwarder's own name for the message. */
  key: { updateId: number } | { externalId: string };
  raw: unknown;
  parsed: ParsedUpdate;
  correlationId: string;
  /**
   * Which language to speak, given what the customer once chose. One that is only `assumed` does not
   * replace what was spoken before.
   */
  locale: (chosen: Locale | null) => { locale: Locale; assumed: boolean };
}

export interface StoredMessage {
  conversationId: string;
  messageId: string;
  number: number;
  locale: Locale;
}

export type StoreResult =
  | { kind: 'duplicate' }
  | { kind: 'stored' }
  | { kind: 'message'; message: StoredMessage };

/**
 * Stores one update and what it means, in one transaction. The conversation's row lock gives its
 * messages their numbers, so numbers have no holes and grow in the order of the commits.
 */
export async function storeUpdate(db: Database, update: UpdateToStore): Promise<StoreResult> {
  const { parsed } = update;
  if ('updateId' in update.key && parsed.kind === 'message' && !parsed.metadata.contact?.verified) {
    const message = await storeFromKnown(db, update, update.key.updateId, parsed);
    if (message) return { kind: 'message', message };
  }
  return storeStepByStep(db, update);
}

/** Everything that the one statement for known senders leaves: new ones, duplicates, what is no message. */
function storeStepByStep(db: Database, update: UpdateToStore): Promise<StoreResult> {
  return db.transaction(async (tx) => {
    const { tenantId, channelId, parsed } = update;
    const [fresh] = await tx
      .insert(updates)
      .values({ tenantId, channelId, ...update.key, raw: update.raw, kind: kindOf(parsed) })
      .onConflictDoNothing()
      .returning({ id: updates.id });
    if (!fresh) return { kind: 'duplicate' };
    if (parsed.kind === 'ignored') return { kind: 'stored' };

    const customer = await findOrCreateCustomer(tx, {
      tenantId,
      channel: update.channel,
      channelId,
      profile: parsed.sender,
    });
    if (parsed.kind === 'membership') {
      await markReachable(tx, tenantId, customer.id, parsed.status === 'unblocked');
      return { kind: 'stored' };
    }
    // Whoever writes can be reached again.
    if (customer.unreachable) await markReachable(tx, tenantId, customer.id, true);
    const contact = parsed.metadata.contact;
    const { email } = parsed.metadata;
    const customerId = await joinByProved(tx, {
      tenantId,
      customerId: customer.id,
      phone: contact?.verified ? contact.phone : undefined,
      email: email?.verified ? email.address : undefined,
      correlationId: update.correlationId,
    });

    const { locale, assumed } = update.locale(customer.chosenLocale);
    const [conversation] = await tx
      .insert(conversations)
      .values({
        tenantId,
        channelId,
        chatId: parsed.chatId,
        customerId,
        locale,
        lastNumber: 1,
        lastMessageAt: parsed.sentAt,
      })
      .onConflictDoUpdate({
        target: [conversations.tenantId, conversations.channelId, conversations.chatId],
        set: {
          lastNumber: sql`${conversations.lastNumber} + 1`,
          lastMessageAt: parsed.sentAt,
          customerId,
          ...(assumed ? {} : { locale }),
        },
      })
      .returning({
        id: conversations.id,
        number: conversations.lastNumber,
        locale: conversations.locale,
      });
    if (!conversation) throw new Error('The conversation row was neither inserted nor updated.');

    const messageId = v7();
    await tx.insert(messages).values({
      id: messageId,
      tenantId,
      channel: update.channel,
      channelMessageId: parsed.channelMessageId,
      channelUserId: parsed.sender.channelUserId,
      customerId,
      conversationId: conversation.id,
      chatId: parsed.chatId,
      direction: 'inbound',
      contentType: parsed.contentType,
      content: parsed.content,
      metadata: parsed.metadata,
      number: conversation.number,
      correlationId: update.correlationId,
    });
    return {
      kind: 'message',
      message: {
        conversationId: conversation.id,
        messageId,
        number: conversation.number,
        locale: conversation.locale,
      },
    };
  });
}

/** Marks messages as signalled to their conversation, or as withheld from it. */
export async function markDispatched(
  db: Database,
  tenantId: string,
  messageIds: string[],
  withheld?: 'suspended' | 'banned',
): Promise<void> {
  await db
    .update(messages)
    .set({ dispatchedAt: sql`now()`, ...(withheld ? { withheld } : {}) })
    .where(
      and(
        eq(messages.tenantId, tenantId),
        sql`${messages.id} = any(${sql.param(messageIds)}::uuid[])`,
        isNull(messages.dispatchedAt),
      ),
    );
}

const kindOf = (parsed: ParsedUpdate): string =>
  parsed.kind === 'ignored' ? `ignored:${parsed.reason}` : parsed.kind;
