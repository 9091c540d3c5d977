import type { InboundRow } from '../../db/queries/conversations.ts';
import type { Envelope, Hint } from '../../domain/envelope.ts';

import { isGreeting, isSmallTalk, wantsHuman, wantsToCancel } from '../../domain/intent/signals.ts';

/** Only enough of a command's arguments for `/lang kk`: longer text stays in the store. */
const MAX_ARGS = 16;

/** What a text wants, by rules alone. */
export type IntentOf = (text: string) => string;

/** A stored message as its conversation will see it: order and routing, no text. */
export function toEnvelope(row: InboundRow, intentOf?: IntentOf): Envelope {
  const { metadata } = row;
  if (row.number === null) throw new Error(`Message ${row.id} has no number and cannot be dispatched.`);
  const media = metadata.media?.[0]?.kind;
  const hint = row.contentType === 'text' ? hintOf(row.content) : undefined;
  return {
    number: row.number,
    messageId: row.id,
    platformId: row.channelMessageId,
    kind: row.contentType,
    ...(media ? { media } : {}),
    hasText: row.content.trim() !== '',
    locale: row.locale,
    correlationId: row.correlationId,
    ...(hint ? { hint } : {}),
    ...(intentOf && row.contentType === 'text' ? { intent: intentOf(row.content) } : {}),
    ...(metadata.command
      ? { command: { name: metadata.command.name, args: metadata.command.args.slice(0, MAX_ARGS) } }
      : {}),
    ...(metadata.button ? { button: metadata.button } : {}),
    ...(metadata.replyTo ? { replyTo: metadata.replyTo } : {}),
    ...(metadata.edits ? { edits: metadata.edits } : {}),
    ...(metadata.albumId ? { albumId: metadata.albumId } : {}),
  };
}

function hintOf(text: string): Hint | undefined {
  if (wantsToCancel(text)) return 'cancel';
  if (wantsHuman(text)) return 'human';
  if (isGreeting(text)) return 'greeting';
  if (isSmallTalk(text)) return 'smalltalk';
  return undefined;
}
