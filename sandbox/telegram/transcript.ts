import type { Contact, Message, MessageEntity, ReplyMarkup } from './types.ts';

export interface TranscriptButton {
  text: string;
  /** Callback data of an inline button. */
  data?: string;
  url?: string;
  /** A reply-keyboard button that shares the customer's contact. */
  requestContact?: boolean;
}

interface TranscriptMedia {
  kind: 'photo' | 'voice' | 'audio' | 'video' | 'document' | 'sticker';
  fileId: string;
  fileName?: string;
  mimeType?: string;
  size?: number;
}

/** One thing that happened in a chat, in the order in which the customer's client would show it. */
export interface TranscriptEvent {
  /** Grows over everything that happens at one bot; the cursor for waiting. */
  seq: number;
  at: string;
  kind:
    | 'message'
    | 'edit'
    | 'delete'
    | 'action'
    | 'press'
    | 'callback_answer'
    | 'reaction'
    | 'membership'
    | 'topic';
  /** `in`: the customer did it; `out`: the bot. */
  direction: 'in' | 'out';
  messageId?: number;
  /** Text, or the caption of a file, or what a notice says. */
  text?: string;
  entities?: MessageEntity[];
  buttons?: TranscriptButton[][];
  keyboard?: 'inline' | 'reply' | 'remove' | 'force_reply';
  replyTo?: number;
  threadId?: number;
  media?: TranscriptMedia;
  albumId?: string;
  contact?: Contact;
  location?: { latitude: number; longitude: number };
  /** `action`: typing and its kin. `press`: the button's data. */
  action?: string;
  callbackId?: string;
  showAlert?: boolean;
  /** `membership`: the bot's new status in the chat. */
  status?: string;
  /** The update that told the bot; only for `in`. */
  updateId?: number;
}

/** A message as it stands now, after edits. */
export interface TranscriptMessage extends TranscriptEvent {
  messageId: number;
  edited: boolean;
  deleted: boolean;
}

const MEDIA = ['photo', 'voice', 'audio', 'video', 'document', 'sticker'] as const;

function mediaOf(message: Message): TranscriptMedia | undefined {
  for (const kind of MEDIA) {
    const value = message[kind];
    const file = Array.isArray(value) ? value.at(-1) : value;
    if (!file) continue;
    return {
      kind,
      fileId: file.file_id,
      ...(file.file_name !== undefined && { fileName: file.file_name }),
      ...(file.mime_type !== undefined && { mimeType: file.mime_type }),
      ...(file.file_size !== undefined && { size: file.file_size }),
    };
  }
  return undefined;
}

function buttonsOf(markup: ReplyMarkup | undefined): Pick<TranscriptEvent, 'buttons' | 'keyboard'> {
  if (!markup) return {};
  if (markup.inline_keyboard) {
    const buttons = markup.inline_keyboard.map((row) =>
      row.map(({ text, callback_data, url }) => ({
        text,
        ...(callback_data !== undefined && { data: callback_data }),
        ...(url !== undefined && { url }),
      })),
    );
    return buttons.flat().length > 0 ? { keyboard: 'inline', buttons } : {};
  }
  if (markup.keyboard) {
    const buttons = markup.keyboard.map((row) =>
      row.map((button) =>
        typeof button === 'string'
          ? { text: button }
          : { text: button.text, ...(button.request_contact && { requestContact: true }) },
      ),
    );
    return { keyboard: 'reply', buttons };
  }
  if (markup.remove_keyboard) return { keyboard: 'remove' };
  return markup.force_reply ? { keyboard: 'force_reply' } : {};
}

/** The part of an event that a message determines. */
export function describeMessage(
  message: Message,
): Omit<TranscriptEvent, 'seq' | 'at' | 'kind' | 'direction'> {
  const media = mediaOf(message);
  const text = message.text ?? message.caption;
  const entities = message.entities ?? message.caption_entities;
  return {
    messageId: message.message_id,
    ...(text !== undefined && { text }),
    ...(entities !== undefined && { entities }),
    ...buttonsOf(message.reply_markup),
    ...(message.reply_to_message && { replyTo: message.reply_to_message.message_id }),
    ...(message.message_thread_id !== undefined && { threadId: message.message_thread_id }),
    ...(media && { media }),
    ...(message.media_group_id !== undefined && { albumId: message.media_group_id }),
    ...(message.contact && { contact: message.contact }),
    ...(message.location && { location: message.location }),
  };
}

/** Messages as they stand after all events, in the order of their appearance. */
export function currentMessages(events: readonly TranscriptEvent[]): TranscriptMessage[] {
  const messages = new Map<number, TranscriptMessage>();
  for (const event of events) {
    if (event.messageId === undefined) continue;
    const known = messages.get(event.messageId);
    if (event.kind === 'message') {
      messages.set(event.messageId, { ...event, messageId: event.messageId, edited: false, deleted: false });
    } else if (event.kind === 'edit' && known) {
      const { messageId, seq, at, direction, kind } = known;
      messages.set(messageId, {
        ...event,
        messageId,
        seq,
        at,
        direction,
        kind,
        edited: true,
        deleted: known.deleted,
      });
    } else if (event.kind === 'delete' && known) known.deleted = true;
  }
  return [...messages.values()];
}
