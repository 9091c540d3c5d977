import type { MessageMetadata, ParsedUpdate, SenderProfile } from '../../domain/message.ts';
import { contentOf } from './content.ts';
import {
  type TelegramCallback,
  type TelegramMembership,
  type TelegramMessage,
  type TelegramUser,
  updateShape,
} from './shapes.ts';

export interface ParseContext {
  /** Without it, a command addressed to any name counts as ours: private chats hold no other bot. */
  botUsername?: string;
  /** When the update arrived. Buttons carry no time of their own. */
  now: Date;
}

const ignored = (reason: Extract<ParsedUpdate, { kind: 'ignored' }>['reason']): ParsedUpdate => ({
  kind: 'ignored',
  reason,
});

/** The update's number, which grows per bot and is its key; absent where there is no integer. */
export function updateId(raw: unknown): number | undefined {
  if (typeof raw !== 'object' || raw === null || !('update_id' in raw)) return undefined;
  return Number.isSafeInteger(raw.update_id) ? (raw.update_id as number) : undefined;
}

/**
 * One update in the product's own words. Never throws. Only private chats with people become messages;
 * a kind of payload nobody knows yet is an `unsupported` message, so that it can be answered.
 */
export function parseUpdate(raw: unknown, context: ParseContext): ParsedUpdate {
  const parsed = updateShape.safeParse(raw);
  if (!parsed.success) return ignored('unknown_shape');
  const { message, edited_message: edited, callback_query: callback, my_chat_member: member } = parsed.data;
  if (message) return fromMessage(message, context);
  if (edited) return fromEdit(edited, context);
  if (callback) return fromCallback(callback, context);
  if (member) return fromMembership(member);
  return ignored('unknown_shape');
}

function fromMessage(message: TelegramMessage, context: ParseContext): ParsedUpdate {
  if (message.chat.type !== 'private') return ignored('not_private');
  if (message.from?.is_bot) return ignored('from_bot');
  const content = contentOf(message, context.botUsername);
  if (!content) return ignored('unknown_shape');
  const metadata: MessageMetadata = { ...content.metadata };
  if (message.reply_to_message) metadata.replyTo = String(message.reply_to_message.message_id);
  if (message.media_group_id) metadata.albumId = message.media_group_id;
  return {
    kind: 'message',
    chatId: String(message.chat.id),
    channelMessageId: String(message.message_id),
    // A private chat has the id of its person.
    sender: message.from ? profile(message.from) : { channelUserId: String(message.chat.id) },
    contentType: content.contentType,
    content: content.content,
    metadata,
    sentAt: fromUnix(message.date, context.now),
  };
}

/** Its id is unlike that of the original, which stays stored beside it. */
function fromEdit(message: TelegramMessage, context: ParseContext): ParsedUpdate {
  const parsed = fromMessage(message, context);
  if (parsed.kind !== 'message') return parsed;
  const editedAt = message.edit_date ?? message.date;
  return {
    ...parsed,
    channelMessageId: `${message.message_id}:e${editedAt ?? Math.floor(context.now.getTime() / 1000)}`,
    metadata: { ...parsed.metadata, edits: String(message.message_id) },
    sentAt: fromUnix(editedAt, context.now),
  };
}

function fromCallback(callback: TelegramCallback, context: ParseContext): ParsedUpdate {
  if (callback.from.is_bot) return ignored('from_bot');
  const { message } = callback;
  // A button under an inline message may stand in any chat.
  if (message ? message.chat.type !== 'private' : callback.inline_message_id !== undefined)
    return ignored('not_private');
  const data = callback.data ?? '';
  return {
    kind: 'message',
    chatId: String(message?.chat.id ?? callback.from.id),
    channelMessageId: `cb:${callback.id}`,
    sender: profile(callback.from),
    contentType: 'button',
    content: data,
    metadata: {
      button: {
        data,
        callbackId: callback.id,
        ...(message ? { messageId: String(message.message_id) } : {}),
      },
    },
    sentAt: context.now,
  };
}

function fromMembership(member: TelegramMembership): ParsedUpdate {
  if (member.chat.type !== 'private') return ignored('not_private');
  if (member.from.is_bot) return ignored('from_bot');
  const { status } = member.new_chat_member;
  if (status !== 'kicked' && status !== 'member') return ignored('unknown_shape');
  return {
    kind: 'membership',
    chatId: String(member.chat.id),
    sender: profile(member.from),
    status: status === 'kicked' ? 'blocked' : 'unblocked',
  };
}

function profile(user: TelegramUser): SenderProfile {
  return {
    channelUserId: String(user.id),
    ...(user.first_name ? { firstName: user.first_name } : {}),
    ...(user.last_name ? { lastName: user.last_name } : {}),
    ...(user.username ? { username: user.username } : {}),
    ...(user.language_code ? { languageCode: user.language_code } : {}),
  };
}

/** Telegram counts in seconds; a time no calendar holds counts as none. */
function fromUnix(seconds: number | undefined, now: Date): Date {
  return seconds !== undefined && seconds > 0 && seconds < 8e12 ? new Date(seconds * 1000) : now;
}
