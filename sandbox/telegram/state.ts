import { createHash } from 'node:crypto';
import { Bell } from '../http/bell.ts';
import type { JsonFile } from '../storage/file.ts';
import { describeMessage, type TranscriptEvent } from './transcript.ts';
import type { BotCommand, Chat, FileRef, Message, Update, User } from './types.ts';

export interface ChatState {
  chat: Chat;
  /** The customer blocked the bot, or the bot was thrown out of the group. */
  blocked: boolean;
  messages: Message[];
  events: TranscriptEvent[];
  topics: Record<string, { name: string; icon_color: number; closed: boolean }>;
  /** Supergroups and channels count their messages themselves. */
  nextMessageId?: number;
}

export interface StoredFile extends FileRef {
  path: string;
  /** base64; absent when only the size was announced. */
  content?: string;
}

export interface Webhook {
  url: string;
  secretToken?: string;
  maxConnections: number;
  ipAddress?: string;
  lastErrorDate?: number;
  lastErrorMessage?: string;
}

/** An update not yet acknowledged by the bot. */
export interface PendingUpdate {
  update: Update;
  /** Updates of one queue wait for their predecessor. */
  queue: string;
  attempts: number;
  /** Not before this time, ms. */
  notBefore: number;
  /** Delivered once already and wanted again: an offset beyond it does not confirm it. */
  again?: boolean;
}

export interface BotState {
  id: number;
  nextUpdateId: number;
  /** Counts the messages of all private chats and basic groups together. */
  nextMessageId: number;
  nextSeq: number;
  nextFile: number;
  pending: PendingUpdate[];
  /** The newest updates, acknowledged or not, for delivering again. */
  recent: Update[];
  webhook?: Webhook;
  allowedUpdates: string[];
  commands: Record<string, BotCommand[]>;
  chats: Record<string, ChatState>;
  callbacks: Record<string, { chatId: number; answered: boolean }>;
  files: Record<string, StoredFile>;
  users: Record<string, User>;
}

const RECENT = 1000;
/** How long a message can be edited. */
const EDITABLE_MS = 48 * 3_600_000;

/** All bots, with what wakes those who wait for one of them. */
export class TelegramState {
  bots: Record<string, BotState> = {};
  /** Rings when a transcript grew. */
  readonly happened = new Bell();
  /** Rings when an update may be fetched or delivered. */
  readonly queued = new Bell();
  /** While paused nothing leaves: getUpdates finds nothing, webhooks are not called. */
  paused = false;
  /** Messages older than this are refused to editors. */
  editableMs = EDITABLE_MS;
  readonly #file: JsonFile<Record<string, BotState>>;

  constructor(file: JsonFile<Record<string, BotState>>) {
    this.#file = file;
    this.bots = file.load() ?? {};
    for (const bot of Object.values(this.bots)) {
      // What was numbered in the last moments before a crash may not have been written; never reuse it.
      bot.nextUpdateId += 1000;
      bot.nextMessageId += 1000;
      bot.nextSeq += 1000;
      for (const chat of Object.values(bot.chats)) {
        if (chat.nextMessageId !== undefined) chat.nextMessageId += 1000;
      }
      for (const pending of bot.pending) pending.notBefore = 0;
    }
  }

  bot(id: number): BotState {
    this.bots[id] ??= {
      id,
      nextUpdateId: 900_001,
      nextMessageId: 1,
      nextSeq: 1,
      nextFile: 1,
      pending: [],
      recent: [],
      allowedUpdates: [],
      commands: {},
      chats: {},
      callbacks: {},
      files: {},
      users: {},
    };
    return this.bots[id];
  }

  botUser(bot: BotState): User {
    return { id: bot.id, is_bot: true, first_name: 'Sandbox bot', username: `sandbox_${bot.id}_bot` };
  }

  chat(bot: BotState, chat: Chat): ChatState {
    bot.chats[chat.id] ??= { chat, blocked: false, messages: [], events: [], topics: {} };
    return bot.chats[chat.id] as ChatState;
  }

  /** The id of the chat's next message: from the bot's counter, or from the chat's own. */
  nextMessageId(bot: BotState, chat: ChatState): number {
    const { type } = chat.chat;
    if (type !== 'supergroup' && type !== 'channel') return bot.nextMessageId++;
    const id = chat.nextMessageId ?? 1;
    chat.nextMessageId = id + 1;
    return id;
  }

  /** Appends to the chat's transcript. */
  note(bot: BotState, chat: ChatState, event: Omit<TranscriptEvent, 'seq' | 'at'>): TranscriptEvent {
    const full: TranscriptEvent = { seq: bot.nextSeq++, at: new Date().toISOString(), ...event };
    chat.events.push(full);
    this.changed();
    this.happened.ring();
    return full;
  }

  /** Makes a message part of the chat. */
  append(bot: BotState, chat: ChatState, message: Message, direction: 'in' | 'out', updateId?: number): void {
    chat.messages.push(message);
    this.note(bot, chat, {
      kind: 'message',
      direction,
      ...describeMessage(message),
      ...(updateId !== undefined && { updateId }),
    });
  }

  /** Queues an update for the bot unless it did not ask for that kind. Returns its id in any case. */
  enqueue(bot: BotState, queue: string, payload: Omit<Update, 'update_id'>): number {
    const update: Update = { update_id: bot.nextUpdateId++, ...payload };
    const kind = Object.keys(payload)[0] ?? '';
    bot.recent.push(update);
    if (bot.recent.length > RECENT) bot.recent.shift();
    if (isAllowed(bot.allowedUpdates, kind)) {
      bot.pending.push({ update, queue, attempts: 0, notBefore: 0 });
    }
    this.changed();
    this.queued.ring();
    return update.update_id;
  }

  /** Queues a known update once more, in a queue of its own. False when it is not known any more. */
  requeue(bot: BotState, updateId: number): boolean {
    const update = bot.recent.find((one) => one.update_id === updateId);
    if (!update) return false;
    bot.pending.push({ update, queue: `again-${bot.nextSeq++}`, attempts: 0, notBefore: 0, again: true });
    this.changed();
    this.queued.ring();
    return true;
  }

  /** Lets updates flow again, in the given order: reversed, or the named ones first as named. */
  resume(order: 'as_is' | 'reverse' | number[], concurrently: boolean): void {
    for (const bot of Object.values(this.bots)) {
      if (order === 'reverse') bot.pending.reverse();
      if (Array.isArray(order)) {
        const place = (pending: PendingUpdate) => {
          const index = order.indexOf(pending.update.update_id);
          return index < 0 ? order.length : index;
        };
        bot.pending.sort((a, b) => place(a) - place(b));
      }
      for (const pending of bot.pending) {
        if (concurrently) pending.queue = `alone-${pending.update.update_id}`;
        // Out of order an offset would confirm what was never handed out.
        if (order !== 'as_is') pending.again = true;
      }
    }
    this.paused = false;
    this.queued.ring();
  }

  storeFile(bot: BotState, kind: string, file: Partial<StoredFile> & { bytes?: Uint8Array }): FileRef {
    const { bytes, content: _, path: __, ...given } = file;
    const number = bot.nextFile++;
    const unique = createHash('sha256')
      .update(bytes ?? `${bot.id}/${number}`)
      .digest('base64url')
      .slice(0, 15);
    const extension = { voice: 'oga', photo: 'jpg', sticker: 'webp', video: 'mp4', audio: 'mp3' }[kind];
    const name = given.file_name ?? `file_${number}.${extension ?? 'bin'}`;
    const reference: FileRef = {
      ...given,
      file_id: given.file_id ?? `AgAC${bot.id}-${kind}-${number}`,
      file_unique_id: given.file_unique_id ?? `AQAD${unique}`,
      ...((given.file_size ?? bytes?.length) !== undefined && {
        file_size: given.file_size ?? bytes?.length,
      }),
    };
    bot.files[reference.file_id] = {
      ...reference,
      path: `${kind}/${number}_${name.replace(/[^A-Za-z0-9._-]/g, '_')}`,
      ...(bytes && { content: Buffer.from(bytes).toString('base64') }),
    };
    return reference;
  }

  changed(): void {
    this.#file.touch(() => this.bots);
  }

  /** Forgets chats and updates. Numbers go on and webhooks stay, so that a running bot need not restart. */
  reset(): void {
    for (const bot of Object.values(this.bots)) {
      Object.assign(bot, { pending: [], recent: [], chats: {}, callbacks: {}, files: {}, users: {} });
    }
    this.paused = false;
    this.editableMs = EDITABLE_MS;
    this.changed();
    this.queued.ring();
    this.happened.ring();
  }

  close(): void {
    this.#file.flush();
  }
}

const OFF_BY_DEFAULT = new Set(['chat_member', 'message_reaction', 'message_reaction_count']);

function isAllowed(allowed: readonly string[], kind: string): boolean {
  return allowed.length === 0 ? !OFF_BY_DEFAULT.has(kind) : allowed.includes(kind);
}
