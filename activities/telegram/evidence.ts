import type { Api } from 'grammy';
import { GrammyError } from 'grammy';
import type { ProbeAnswer } from '../../domain/doubt.ts';
import type { MessageEvidence } from '../channel/contract.ts';
import { withDeadline } from './deadline.ts';
import { classifyTelegram } from './outcome.ts';
import { isEditable, toEditMessage } from './payload.ts';

const NOT_MODIFIED = /message is not modified/i;
/** Ids of supergroups and channels are at and below this; each counts its own messages. */
const SUPERGROUPS_FROM = -1_000_000_000_000;

/**
 * Telegram says what stands under a number to who edits it: an edit that changes nothing is refused as "not
 * modified", for that message alone. Whatever else it refuses proves nothing: "not found" is also said of messages
 * that are there, for a while, and "can't be edited" of what is old or somebody else's.
 */
export function createEvidence(api: Api, timeoutMs: number): MessageEvidence {
  return {
    numbering: (chatId) => (Number(chatId) <= SUPERGROUPS_FROM ? 'chat' : 'account'),
    canProbe: isEditable,

    async probe(chatId, channelMessageId, chunk, signal): Promise<ProbeAnswer> {
      try {
        const edited = await withDeadline(signal, timeoutMs, (s) =>
          api.raw.editMessageText(toEditMessage(chatId, channelMessageId, chunk), s),
        );
        const named = typeof edited === 'object' && edited.message_id === channelMessageId;
        return named
          ? { kind: 'delivered', how: 'edited' }
          : { kind: 'no_answer', description: 'The Bot API edited something without naming it.' };
      } catch (error) {
        return fromError(error);
      }
    },
  };
}

function fromError(error: unknown): ProbeAnswer {
  if (error instanceof GrammyError && error.error_code === 400 && NOT_MODIFIED.test(error.description)) {
    return { kind: 'delivered', how: 'not_modified' };
  }
  const failure = classifyTelegram(error);
  const description = failure.message;
  if (failure.class === 'rate_limited') {
    return { kind: 'rate_limited', retryAfterMs: failure.retryAfterMs ?? 0 };
  }
  // What stands between may refuse too, and has not looked.
  const looked = error instanceof GrammyError && failure.class === 'refused';
  return { kind: looked ? 'unproved' : 'no_answer', description };
}
