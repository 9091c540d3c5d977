import { sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import type { Locale } from '../../domain/locale.ts';
import type { Database } from '../client.ts';
import { conversations, customerIdentities, customers, messages, updates } from '../schema/index.ts';
import type { StoredMessage, UpdateToStore } from './intake.ts';

/** A message of somebody who may be known, as `storeFromKnown` takes it. */
export type KnownRow = ReturnType<typeof knownRow> & object;

/** Undefined for what the shared statement cannot store: no message, a contact that may join customers, a forwarder's. */
export function knownRow({ tenantId, channelId, channel, key, raw, parsed, ...update }: UpdateToStore) {
  if (!('updateId' in key) || parsed.kind !== 'message' || parsed.metadata.contact?.verified)
    return undefined;
  const { locale, assumed } = update.locale(null);
  return {
    update: v7(),
    conversation: v7(),
    message: v7(),
    tenant: tenantId,
    channel_id: channelId,
    channel,
    update_id: key.updateId,
    raw,
    platform_id: parsed.channelMessageId,
    sender: parsed.sender.channelUserId,
    chat: parsed.chatId,
    sent_at: parsed.sentAt.toISOString(),
    kind: parsed.contentType,
    content: parsed.content,
    metadata: parsed.metadata,
    locale,
    assumed,
    correlation_id: update.correlationId,
  };
}

/** In which conversation it belongs. */
export const chatOf = (row: KnownRow): string => `${row.channel_id} ${row.chat}`;

/**
 * Stores messages of people who are known and reachable, which is most messages, in one statement: one round trip
 * and one commit for all that came in the same moment. At most one of each chat. Undefined, with nothing stored,
 * for those whose sender is new or was unreachable, or whose update has been stored before. Rows are locked in
 * sorted order, so that several such statements never wait for each other in a circle.
 */
export async function storeFromKnown(
  db: Database,
  rows: readonly KnownRow[],
): Promise<(StoredMessage | undefined)[]> {
  const placed = await db.execute<{ message: string; id: string; number: string; locale: Locale }>(sql`
    with given as (
      select * from jsonb_to_recordset(${JSON.stringify(rows)}::jsonb) as given(
        update uuid, conversation uuid, message uuid, tenant uuid, channel_id uuid, channel text, update_id bigint,
        raw jsonb, platform_id text, sender text, chat text, sent_at timestamptz, kind text, content text,
        metadata jsonb, locale text, assumed boolean, correlation_id text)
    ),
    known as (
      select given.*, c.id as customer, c.chosen_locale
      from given
      join ${customerIdentities} as i on i.tenant_id = given.tenant and i.channel = given.channel
        and i.channel_id = given.channel_id and i.channel_user_id = given.sender
      join ${customers} as c on c.id = i.customer_id
      where c.unreachable_since is null
    ),
    fresh as (
      insert into ${updates} (id, tenant_id, channel_id, update_id, raw, kind)
      select update, tenant, channel_id, update_id, raw, 'message'
      from known order by tenant, channel_id, update_id
      on conflict do nothing
      returning id
    ),
    placed as (
      insert into ${conversations} as old
        (id, tenant_id, channel_id, chat_id, customer_id, locale, last_number, last_message_at)
      select conversation, tenant, channel_id, chat, customer, coalesce(chosen_locale, locale), 1, sent_at
      from known join fresh on fresh.id = known.update
      order by tenant, channel_id, chat
      on conflict (tenant_id, channel_id, chat_id) do update set
        last_number = old.last_number + 1,
        last_message_at = excluded.last_message_at,
        customer_id = excluded.customer_id,
        locale = case
          when (select assumed and chosen_locale is null from known
            where tenant = excluded.tenant_id and channel_id = excluded.channel_id and chat = excluded.chat_id)
          then old.locale
          else excluded.locale
        end
      returning id, tenant_id, channel_id, chat_id, last_number, locale, customer_id
    ),
    told as (
      insert into ${messages} (id, tenant_id, channel, channel_message_id, channel_user_id, customer_id,
        conversation_id, chat_id, direction, content_type, content, metadata, number, correlation_id)
      select message, tenant, channel, platform_id, sender, placed.customer_id, placed.id, chat, 'inbound', kind,
        content, metadata, last_number, correlation_id
      from placed join known on tenant = tenant_id and known.channel_id = placed.channel_id and chat = chat_id
      returning id, conversation_id
    )
    select told.id as message, placed.id, last_number as number, locale
    from told join placed on placed.id = told.conversation_id`);
  const stored = new Map(
    placed.map(({ message, id, number, locale }) => [
      message,
      { conversationId: id, messageId: message, number: Number(number), locale },
    ]),
  );
  return rows.map(({ message }) => stored.get(message));
}
