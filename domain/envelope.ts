import type { Locale } from './locale.ts';
import type { ContentType, MediaReference } from './message.ts';

/** What pure rules saw in a text at intake, so that routing needs neither the text nor a model. */
export type Hint = 'smalltalk' | 'greeting' | 'cancel' | 'human';

/**
 * A stored message as the conversation workflow sees it: enough to order and route it, never its text.
 * Signals carry these, so nothing personal enters a history.
 */
export interface Envelope {
  /** Place in the conversation, from 1, without holes. */
  number: number;
  messageId: string;
  /** The platform's id of the message, for quoting and for comparing with a question's. */
  platformId: string;
  kind: ContentType;
  /** What kind of file comes with it. */
  media?: MediaReference['kind'];
  hasText: boolean;
  locale: Locale;
  hint?: Hint;
  /** What is wanted, where an installation has rules decide that. */
  intent?: string;
  /** Command name without slash; its arguments only up to a word. */
  command?: { name: string; args: string };
  button?: { data: string; callbackId: string; messageId?: string };
  replyTo?: string;
  /** Platform id of the message this one corrects. */
  edits?: string;
  albumId?: string;
  /** The customer is suspended and to be told until when, in words; the message itself is not served. */
  suspendedUntil?: string;
  /** The customer wrote more than is served, and is to be told; the message itself is not served. */
  limited?: true;
  correlationId: string;
}

/** The part of an envelope that a run keeps: which messages it was started for or amended with. */
export type TurnMessage = Pick<
  Envelope,
  'number' | 'messageId' | 'platformId' | 'kind' | 'correlationId' | 'edits'
>;

export const toTurnMessage = (e: Envelope): TurnMessage => ({
  number: e.number,
  messageId: e.messageId,
  platformId: e.platformId,
  kind: e.kind,
  correlationId: e.correlationId,
  ...(e.edits === undefined ? {} : { edits: e.edits }),
});

/** What rules saw in the messages of one turn: the last that says anything. Undefined unless they looked at all of them. */
export function ruledIntent(messages: readonly Envelope[]): string | undefined {
  const intents = messages.flatMap(({ intent }) => (intent === undefined ? [] : [intent]));
  if (intents.length < messages.length) return undefined;
  return intents.findLast((intent) => intent !== 'unknown' && intent !== 'smalltalk') ?? intents.at(-1);
}
