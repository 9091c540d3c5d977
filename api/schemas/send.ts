import { z } from '@hono/zod-openapi';
import type { SendView } from '../../db/queries/sends-read.ts';
import { FINDINGS, IF_UNKNOWN } from '../../domain/doubt.ts';
import { SEND_RESOLUTIONS, SEND_STATES } from '../../domain/sends.ts';
import { instant, iso } from './common.ts';

const Doubt = z
  .object({
    attempt: z.int(),
    begun_at: instant,
    ended_at: instant,
    ids: z
      .object({
        after: z.int().nullable().openapi({ description: 'The highest known before the attempt.' }),
        before: z.int().nullable().openapi({ description: 'The first known after it.' }),
      })
      .openapi({ description: "Where its id can be, by the platform's ids of other messages." }),
    candidates: z
      .int()
      .nullable()
      .openapi({ description: 'Ids in between that no other message has, at the last look.' }),
    looks: z.int().openapi({ description: 'Looks that came to an end.' }),
    found: z.enum(FINDINGS).nullable().openapi({
      description:
        'What the last look has found. `delivered`: proved. `waiting`: nothing is known yet that came after it. `unproved`: the platform told nothing. `no_answer`: it could not be asked. The others say why proof is impossible.',
    }),
    answer: z.string().nullable().openapi({
      description: 'What the platform said last.',
      example: '400 Bad Request: message to edit not found',
    }),
    message_id: z.string().nullable().openapi({ description: 'The id under which it was found.' }),
    next_look_at: instant.nullable(),
  })
  .openapi('SendDoubt');

/** A send within its run. */
export const SendSchema = z
  .object({
    id: z.uuid(),
    key: z.string(),
    part: z.int(),
    state: z.enum(SEND_STATES).openapi({
      description:
        '`unknown`: the platform may or may not have delivered it; it is looked for, and never repeated blindly.',
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
      .openapi({ description: 'What was decided when it was unknown, the last time.' }),
    resolved_by: z.string().nullable().openapi({
      description:
        '`probe`: it was found. `policy`: `if_unknown`. Else the person, as the client names them.',
    }),
    resolved_at: instant.nullable(),
    if_unknown: z.enum(IF_UNKNOWN).openapi({
      description:
        'Which policy acts when nobody can tell whether it arrived and no evidence settles it: `repeat` sends it once more, `person` leaves it to you.',
    }),
    possibly_repeated: z
      .boolean()
      .openapi({ description: 'It was sent once more by policy: the customer may have read it twice.' }),
    waits_for: z
      .enum(['evidence', 'person'])
      .nullable()
      .openapi({ description: 'What an `unknown` send waits for. A person may decide at any time.' }),
    doubt: Doubt.nullable().openapi({ description: 'Its last attempt of unknown fate, and what was found.' }),
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
  if_unknown: send.ifUnknown,
  possibly_repeated: send.possiblyRepeated,
  waits_for: send.state === 'unknown' ? waitsFor(send) : null,
  doubt: doubtJson(send),
});

const waitsFor = ({ doubt }: Pick<SendView, 'doubt'>) =>
  doubt === null || doubt.nextLookAt === null || doubt.waitsForPerson ? 'person' : 'evidence';

const doubtJson = ({ doubt }: Pick<SendView, 'doubt'>): z.infer<typeof Doubt> | null =>
  doubt && {
    attempt: doubt.attempt,
    begun_at: doubt.begunAt.toISOString(),
    ended_at: doubt.endedAt.toISOString(),
    ids: { after: doubt.afterId, before: doubt.beforeId },
    candidates: doubt.candidates,
    looks: doubt.looks,
    found: doubt.finding,
    answer: doubt.answer,
    message_id: doubt.messageId,
    next_look_at: iso(doubt.nextLookAt),
  };

export const ledgerSendJson = (send: SendView): z.infer<typeof LedgerSendSchema> => ({
  ...sendJson(send),
  workflow_id: send.workflowId,
  conversation_id: send.conversationId,
  correlation_id: send.correlationId,
});
