import { z } from '@hono/zod-openapi';
import type { SendView } from '../../db/queries/sends-read.ts';
import { SEND_RESOLUTIONS, SEND_STATES } from '../../domain/sends.ts';
import { instant, iso } from './common.ts';

/** A send within its run. */
export const SendSchema = z
  .object({
    id: z.uuid(),
    key: z.string(),
    part: z.int(),
    state: z.enum(SEND_STATES).openapi({
      description: '`unknown`: the platform may or may not have delivered it; it is not repeated blindly.',
    }),
    text: z.string(),
    attempts: z.int(),
    channel_message_id: z.string().nullable(),
    reason: z.string().nullable(),
    error: z.string().nullable(),
    created_at: instant,
    settled_at: instant.nullable(),
    resolution: z
      .enum(SEND_RESOLUTIONS)
      .nullable()
      .openapi({ description: 'What a person decided when it was unknown, the last time.' }),
    resolved_by: z.string().nullable(),
    resolved_at: instant.nullable(),
  })
  .openapi('Send');

/** A send on its own. */
export const LedgerSendSchema = SendSchema.extend({
  workflow_id: z.string(),
  conversation_id: z.uuid(),
  correlation_id: z.string(),
}).openapi('LedgerSend');

export const sendJson = (
  send: Omit<SendView, 'workflowId' | 'conversationId' | 'correlationId'>,
): z.infer<typeof SendSchema> => ({
  id: send.id,
  key: send.key,
  part: send.part,
  state: send.state,
  text: send.chunk.text,
  attempts: send.attempts,
  channel_message_id: send.channelMessageId,
  reason: send.reason,
  error: send.error,
  created_at: send.createdAt.toISOString(),
  settled_at: iso(send.settledAt),
  resolution: send.resolution,
  resolved_by: send.resolvedBy,
  resolved_at: iso(send.resolvedAt),
});

export const ledgerSendJson = (send: SendView): z.infer<typeof LedgerSendSchema> => ({
  ...sendJson(send),
  workflow_id: send.workflowId,
  conversation_id: send.conversationId,
  correlation_id: send.correlationId,
});
