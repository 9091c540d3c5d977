import { type SQL, sql } from 'drizzle-orm';
import { v7 } from 'uuid';
import type { ChannelKind } from '../../domain/message.ts';
import type { Chunk } from '../../domain/outbound.ts';
import type { Executor } from '../client.ts';
import { messages } from '../schema/index.ts';

export interface Said {
  id: string;
  chunk: Chunk;
  workflowId: string;
  correlationId: string;
}

/** Whom it was said to. */
export interface SaidTo {
  tenantId: string;
  channel: ChannelKind;
  conversationId: string;
  chatId: string;
  customerId: string;
}

/** The transcript now holds what the customer can read. Where nobody knows the platform's id, one that no platform gives. */
export async function recordSaid(
  tx: Executor,
  to: SaidTo,
  said: Said,
  channelMessageId = `send:${said.id}`,
): Promise<void> {
  await tx.execute(recordingSaid(to, said, channelMessageId));
}

/** The statement that records it, once for each row of `from`. */
export const recordingSaid = (
  to: SaidTo,
  said: Said,
  channelMessageId: string,
  from: SQL = sql``,
): SQL => sql`
  insert into ${messages} (
    id, tenant_id, channel, channel_message_id, channel_user_id, customer_id, conversation_id, chat_id,
    direction, content_type, content, metadata, workflow_id, correlation_id
  )
  select
    ${v7()}::uuid, ${to.tenantId}::uuid, ${to.channel}, ${channelMessageId}, ${to.chatId}, ${to.customerId}::uuid,
    ${to.conversationId}::uuid, ${to.chatId}, 'outbound', 'text', ${said.chunk.text}, '{}'::jsonb,
    ${said.workflowId}, ${said.correlationId}
  ${from}
  returning id`;
