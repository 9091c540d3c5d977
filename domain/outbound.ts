/** A formatted span. Offsets and lengths count UTF-16 code units, as Telegram does. */
export interface Entity {
  type:
    | 'bold'
    | 'italic'
    | 'underline'
    | 'strikethrough'
    | 'spoiler'
    | 'code'
    | 'pre'
    | 'text_link'
    | 'blockquote';
  offset: number;
  length: number;
  /** Only for `text_link`. */
  url?: string;
  /** Only for `pre`. */
  language?: string;
}

/** `data` comes back when pressed, at most 64 bytes of UTF-8; `url` opens a page instead. */
export type Button = { text: string; data: string } | { text: string; url: string };

/** What the product wants to say, before it is cut and formatted for a channel. */
export interface Content {
  text: string;
  /** `markdown` for model output and long answers, `plain` for sentences of the catalogue. */
  format: 'plain' | 'markdown';
  /** Rows of buttons; they go under the last chunk. */
  buttons?: Button[][];
  /** Asks the client to offer the sender's own contact, where the channel can. */
  requestContact?: string;
}

/** One platform message, ready to be sent. */
export interface Chunk {
  text: string;
  entities: Entity[];
  buttons?: Button[][];
  requestContact?: string;
}

/**
 * What became of one attempt to send a chunk.
 * `not_sent` is certain: the request never left. `unknown` is not, and is never blindly repeated.
 */
export type SendAttempt =
  | { kind: 'sent'; channelMessageId: string }
  | { kind: 'refused'; reason: RefusalReason; description: string }
  | { kind: 'rate_limited'; retryAfterMs: number }
  | { kind: 'not_sent'; description: string }
  | { kind: 'unknown'; description: string };

export type RefusalReason =
  /** The customer blocked the bot or is gone: nothing will ever arrive. */
  | 'unreachable'
  /** The formatting was not accepted; the same text without it may be. */
  | 'markup'
  /** Token or account is wrong: a person has to act. */
  | 'misconfigured'
  | 'other';
