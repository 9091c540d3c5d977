import type { PostOutcome } from '../telegram/delivery.ts';
import type { SendLimits } from '../telegram/limits.ts';
import type { Webhook } from '../telegram/state.ts';
import type { TranscriptEvent, TranscriptMessage } from '../telegram/transcript.ts';
import type { BotCommand, Chat, Update, User } from '../telegram/types.ts';
import { type Ask, query } from './http.ts';
import { printTranscript } from './print.ts';

export interface Transcript {
  /** What happened after the cursor given, oldest first. */
  events: TranscriptEvent[];
  /** All messages of the chat as they stand now. */
  messages: TranscriptMessage[];
  /** Give it as `after` to see only what comes later. */
  cursor: number;
}

export interface SentFile {
  kind: 'voice' | 'photo' | 'document' | 'audio' | 'video' | 'sticker';
  caption?: string;
  fileName?: string;
  mimeType?: string;
  size?: number;
  base64?: string;
  duration?: number;
  emoji?: string;
}

export interface Sent {
  updateId: number;
  messageId: number;
}

export interface BotView {
  id: number;
  webhook?: Webhook;
  /** Keyed by `scope/chat/language`, e.g. `default//ru`. */
  commands: Record<string, BotCommand[]>;
  allowedUpdates: string[];
  pending: Update[];
  chats: Chat[];
}

/** Who acts, where it is not the customer of a private chat. */
interface By {
  from?: number;
}

export interface WaitOptions {
  timeoutMs?: number;
  /** Only what comes after this cursor; 0 looks at everything. */
  after?: number;
}

/** Plays customers of one bot and reads what they see. */
export class TelegramClient {
  readonly #ask: Ask;
  readonly #bot: string;

  constructor(ask: Ask, bot = 'default') {
    this.#ask = ask;
    this.#bot = bot;
  }

  /** The same for another bot, named by the digits of its token. */
  forBot(botId: number): TelegramClient {
    return new TelegramClient(this.#ask, String(botId));
  }

  #chat<T>(chatId: number, act: string, body: unknown): Promise<T> {
    return this.#ask('POST', `/telegram/${this.#bot}/chats/${chatId}/${act}`, body);
  }

  say(chatId: number, text: string, options: By & { replyTo?: number } = {}): Promise<Sent> {
    return this.#chat(chatId, 'say', { text, ...options });
  }

  /** Presses a button: by its text (the newest one that has it), or by message id and data. */
  press(
    chatId: number,
    button: string | { data: string; messageId?: number },
    options: By & { messageId?: number } = {},
  ) {
    const which = typeof button === 'string' ? { text: button } : button;
    return this.#chat<{ updateId: number; callbackId?: string; messageId?: number }>(chatId, 'press', {
      ...options,
      ...which,
    });
  }

  /** Shares a contact: the customer's own one unless `own` is false. */
  shareContact(
    chatId: number,
    contact: By & { phone: string; firstName?: string; lastName?: string; own?: boolean },
  ): Promise<Sent> {
    return this.#chat(chatId, 'contact', contact);
  }

  sendFile(chatId: number, item: SentFile, options: By & { replyTo?: number } = {}): Promise<Sent> {
    return this.#chat(chatId, 'file', { item, ...options });
  }

  /** Two to ten files as one album: one update each, with the same `media_group_id`. */
  sendAlbum(chatId: number, items: SentFile[], options: By = {}): Promise<{ albumId: string; sent: Sent[] }> {
    return this.#chat(chatId, 'album', { items, ...options });
  }

  sendSticker(chatId: number, emoji = '👍', options: By = {}): Promise<Sent> {
    return this.sendFile(chatId, { kind: 'sticker', emoji }, options);
  }

  sendLocation(chatId: number, latitude: number, longitude: number, options: By = {}): Promise<Sent> {
    return this.#chat(chatId, 'location', { latitude, longitude, ...options });
  }

  edit(chatId: number, messageId: number, text: string, options: By = {}): Promise<Sent> {
    return this.#chat(chatId, 'edit', { messageId, text, ...options });
  }

  block(chatId: number, options: By = {}): Promise<{ updateId: number }> {
    return this.#chat(chatId, 'block', { blocked: true, ...options });
  }

  unblock(chatId: number, options: By = {}): Promise<{ updateId: number }> {
    return this.#chat(chatId, 'block', { blocked: false, ...options });
  }

  /** Sets a customer's name, username or language; may be called before the first message. */
  profile(userId: number, profile: Partial<Omit<User, 'id' | 'is_bot'>>): Promise<User> {
    return this.#ask('PUT', `/telegram/${this.#bot}/users/${userId}`, profile);
  }

  /** Makes a group known (negative id); `is_forum` lets the bot open topics. */
  group(chatId: number, chat: Partial<Chat> = {}): Promise<Chat> {
    return this.#ask('PUT', `/telegram/${this.#bot}/groups/${chatId}`, chat);
  }

  /** Queues an update of any shape; an `update_id` given is used as it is. */
  inject(payload: Record<string, unknown>): Promise<{ updateId: number }> {
    return this.#ask('POST', `/telegram/${this.#bot}/updates`, payload);
  }

  /** Delivers an update a second time, in the usual way. */
  redeliver(updateId: number): Promise<unknown> {
    return this.#ask('POST', `/telegram/${this.#bot}/redeliver`, { updateId });
  }

  /** Posts an update once to an address of your choice, with the webhook's secret. */
  redeliverTo(updateId: number, url: string): Promise<PostOutcome> {
    return this.#ask('POST', `/telegram/${this.#bot}/redeliver`, { updateId, url });
  }

  /**
   * Does what somebody else who has the token does: takes the webhook elsewhere, gives it another secret, makes its
   * last delivery have failed, or deletes it (null).
   */
  tamper(hook: { url?: string; secretToken?: string; lastError?: string } | null): Promise<unknown> {
    return this.#ask('PUT', `/telegram/${this.#bot}/webhook`, hook);
  }

  /** Holds back all updates until `resumeDelivery`. */
  pauseDelivery(): Promise<unknown> {
    return this.#ask('POST', '/telegram/pause', {});
  }

  /** Lets updates go: as they are, reversed, or in the order of their ids given; one by one per chat, or all at once. */
  resumeDelivery(
    options: { order?: 'as_is' | 'reverse' | number[]; concurrently?: boolean } = {},
  ): Promise<unknown> {
    return this.#ask('POST', '/telegram/resume', options);
  }

  /** Answers 429 to who sends too quickly; null switches it off. */
  enforceLimits(limits: SendLimits | null): Promise<unknown> {
    return this.#ask('PUT', '/telegram/limits', limits);
  }

  /** Refuses edits of messages older than this ("message can't be edited"); two days unless told. */
  limitEditing(editableMs: number): Promise<unknown> {
    return this.#ask('PUT', '/telegram/editing', { editableMs });
  }

  bot(): Promise<BotView> {
    return this.#ask('GET', `/telegram/${this.#bot}`);
  }

  transcript(chatId: number, { after, wait }: { after?: number; wait?: number } = {}): Promise<Transcript> {
    return this.#ask('GET', `/telegram/${this.#bot}/chats/${chatId}/transcript${query({ after, wait })}`);
  }

  /** The first event that fits; rejects with the whole transcript in print when none comes in time (30 s). */
  async waitFor(
    chatId: number,
    predicate: (event: TranscriptEvent) => boolean,
    { timeoutMs = 30_000, after = 0 }: WaitOptions = {},
  ): Promise<TranscriptEvent> {
    const deadline = Date.now() + timeoutMs;
    let cursor = after;
    for (;;) {
      const left = Math.max(0, deadline - Date.now());
      const { events } = await this.transcript(chatId, { after: cursor, wait: left });
      const found = events.find(predicate);
      if (found) return found;
      cursor = events.at(-1)?.seq ?? cursor;
      if (left === 0) break;
    }
    const { events } = await this.transcript(chatId);
    throw new Error(
      `Chat ${chatId}: what was waited for did not happen within ${timeoutMs} ms.\n${printTranscript(events)}`,
    );
  }

  /** The next message of the bot's, of those that match `text` when it is given. */
  waitForReply(
    chatId: number,
    options: WaitOptions & { text?: string | RegExp } = {},
  ): Promise<TranscriptEvent> {
    const { text } = options;
    const fits = (said: string) =>
      text === undefined || (typeof text === 'string' ? said.includes(text) : text.test(said));
    return this.waitFor(
      chatId,
      (event) => event.kind === 'message' && event.direction === 'out' && fits(event.text ?? ''),
      options,
    );
  }
}
