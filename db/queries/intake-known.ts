import { sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import type { Locale } from '../../domain/locale.ts';
import type { ParsedUpdate } from '../../domain/message.ts';
import type { Database } from '../client.ts';
import { conversations, customerIdentities, customers, messages, updates } from '../schema/index.ts';
import type { StoredMessage, UpdateToStore } from './intake.ts';

/**
 * Stores a message of somebody known and reachable in one statement, which is most messages: one round trip,
 * and the conversation's row is locked no longer than it takes. Undefined, with nothing stored, when the sender is
 * new or was unreachable, or when the update has been stored before.
 */
export async function storeFromKnown(
  db: Database,
  update: UpdateToStore,
  updateId: number,
  message: Extract<ParsedUpdate, { kind: 'message' }>,
): Promise<StoredMessage | undefined> {
  const { tenantId, channelId, channel } = update;
  const { locale, assumed } = update.locale(null);
  const messageId = v7();
  const [row] = await db.execute<{ id: string; number: string; locale: Locale }>(sql`
    with known as (
      select c.id, c.chosen_locale
      from ${customerIdentities} as i join ${customers} as c on c.id = i.customer_id
      where i.tenant_id = ${tenantId}::uuid and i.channel = ${channel}::text
        and i.channel_id = ${channelId}::uuid and i.channel_user_id = ${message.sender.channelUserId}::text
        and c.unreachable_since is null
    ),
    fresh as (
      insert into ${updates} (id, tenant_id, channel_id, update_id, raw, kind)
      select ${v7()}::uuid, ${tenantId}::uuid, ${channelId}::uuid, ${updateId}::bigint,
        ${JSON.stringify(update.raw)}::jsonb, 'message'
      from known
      on conflict do nothing
      returning 1
    ),
    placed as (
      insert into ${conversations} as old
        (id, tenant_id, channel_id, chat_id, customer_id, locale, last_number, last_message_at)
      select ${v7()}::uuid, ${tenantId}::uuid, ${channelId}::uuid, ${message.chatId}::text, known.id,
        coalesce(known.chosen_locale, ${locale}::text), 1, ${message.sentAt.toISOString()}::timestamptz
      from known, fresh
      on conflict (tenant_id, channel_id, chat_id) do update set
        last_number = old.last_number + 1,
        last_message_at = excluded.last_message_at,
        customer_id = excluded.customer_id,
        locale = case
          when ${assumed}::boolean and (select chosen_locale from known) is null then old.locale
          else excluded.locale
        end
      returning id, last_number, locale, customer_id
    ),
    told as (
      insert into ${messages} (id, tenant_id, channel, channel_message_id, channel_user_id, customer_id,
        conversation_id, chat_id, direction, content_type, content, metadata, number, correlation_id)
      select ${messageId}::uuid, ${tenantId}::uuid, ${channel}::text, ${message.channelMessageId}::text,
        ${message.sender.channelUserId}::text, placed.customer_id, placed.id, ${message.chatId}::text, 'inbound',
        ${message.contentType}::text, ${message.content}::text, ${JSON.stringify(message.metadata)}::jsonb,
        placed.last_number, ${update.correlationId}::text
      from placed
    )
    select id, last_number as number, locale from placed`);
  return row && { conversationId: row.id, messageId, number: Number(row.number), locale: row.locale };
}
