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

/** The transcript now holds what the customer can read. Where nobody knows the platform's id, one that no platform gives. */
export async function recordSaid(
  tx: Executor,
  to: { tenantId: string; channel: ChannelKind; conversationId: string; chatId: string; customerId: string },
  { id, chunk, workflowId, correlationId }: Said,
  channelMessageId = `send:${id}`,
): Promise<void> {
  await tx.insert(messages).values({
    id: v7(),
    tenantId: to.tenantId,
    channel: to.channel,
    channelMessageId,
    channelUserId: to.chatId,
    customerId: to.customerId,
    conversationId: to.conversationId,
    chatId: to.chatId,
    direction: 'outbound',
    contentType: 'text',
    content: chunk.text,
    metadata: {},
    workflowId,
    correlationId,
  });
}
