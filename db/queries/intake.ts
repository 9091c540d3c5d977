import { sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import type { Locale } from '../../domain/locale.ts';
import type { ChannelKind, ParsedUpdate, Withheld } from '../../domain/message.ts';
import type { Database, Executor } from '../client.ts';
import { conversations, messages, updates } from '../schema/index.ts';
import { findOrCreateCustomer, markReachable } from './customers.ts';
import { joinByProved } from './identify.ts';

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
 * Stores one update and what it means, in one transaction, whatever it is: new senders, duplicates, what is no
 * message; most others go through `storeFromKnown`. The conversation's row lock gives its messages their numbers,
 * so numbers have no holes and grow in the order of the commits.
 */
export function storeUpdate(db: Database, update: UpdateToStore): Promise<StoreResult> {
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

/** A message that was signalled to its conversation, or is withheld from it. */
export interface Dispatched {
  tenantId: string;
  messageId: string;
  withheld?: Withheld | undefined;
}

/** Marks messages as dispatched. Passes over rows that another replica is marking in this moment. */
export async function markDispatched(db: Executor, done: readonly Dispatched[]): Promise<void> {
  if (done.length === 0) return;
  const column = (of: (each: Dispatched) => string | undefined) =>
    sql.param(done.map((each) => of(each) ?? null));
  await db.execute(sql`
    with done as (
      select * from unnest(
        ${column(({ tenantId }) => tenantId)}::uuid[],
        ${column(({ messageId }) => messageId)}::uuid[],
        ${column(({ withheld }) => withheld)}::text[]
      ) as done(tenant, message, withheld)
    ),
    free as (
      select m.id, done.withheld from ${messages} as m
      join done on done.tenant = m.tenant_id and done.message = m.id
      where m.dispatched_at is null
      for update of m skip locked
    )
    update ${messages} as m set dispatched_at = now(), withheld = coalesce(free.withheld, m.withheld)
    from free where m.id = free.id`);
}

const kindOf = (parsed: ParsedUpdate): string =>
  parsed.kind === 'ignored' ? `ignored:${parsed.reason}` : parsed.kind;
