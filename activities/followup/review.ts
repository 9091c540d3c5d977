import { z } from 'zod';
import type { LookedAt } from '../../db/queries/lead-looks.ts';
import { wordsOfButton } from '../../domain/ids.ts';
import type { LeadScore } from '../../domain/lead-score.ts';
import type { UnifiedMessage } from '../../domain/message.ts';
import type { Counted } from './contract.ts';

/** What a model is asked to say of a lead. */
export const LeadReview: z.ZodType<LeadScore> = z.object({
  score: z.number().min(0).max(100),
  reasons: z.array(z.string().min(1)).min(1).max(5),
  nextStep: z.string().min(1),
});

/** About 3 characters of Russian or Kazakh make a token; the conversation gets some 2,000 of them. */
const MAX_CHARS = 6_000;

/**
 * What a model reads of a lead: one JSON object, so that whatever a client wrote stays a text inside it.
 * Names and phones tell nothing about how likely somebody is to buy, and stay out.
 */
export function reviewed(lead: LookedAt, counted: Counted, newestFirst: readonly UnifiedMessage[]): string {
  const { messagesIn, messagesOut, calls } = counted;
  const conversation: { by: 'client' | 'bot'; said: string }[] = [];
  let left = MAX_CHARS;
  for (const message of newestFirst) {
    const said = wordsOf(message);
    left -= said.length;
    if (left < 0) break;
    if (said !== '') conversation.unshift({ by: message.direction === 'inbound' ? 'client' : 'bot', said });
  }
  return JSON.stringify({
    need: lead.need,
    phoneLeft: lead.phone !== null,
    messages: { ofClient: messagesIn, ofBot: messagesOut },
    ...(calls === undefined ? {} : { calls }),
    conversation,
  });
}

function wordsOf({ contentType, content }: UnifiedMessage): string {
  if (contentType === 'button') return wordsOfButton(content) ?? '';
  if (contentType === 'text') return content;
  return `[${contentType}]`;
}
