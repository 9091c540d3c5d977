import { isRecord } from '../../http/params.ts';
import {
  asQuoted,
  findMessage,
  type Method,
  type MethodContext,
  ok,
  onWire,
  targetChat,
  unixNow,
} from '../context.ts';
import { captionText, messageText } from '../entities/format.ts';
import { linkPreview, replyMarkup } from '../markup.ts';
import type { ChatState } from '../state.ts';
import { badRequest, type FileRef, type Message } from '../types.ts';

/** Finds the topic named by `message_thread_id`, as a forum or a chat with topics knows it. */
function thread(
  { params }: MethodContext,
  chat: ChatState,
): Pick<Message, 'message_thread_id' | 'is_topic_message'> {
  const id = params.int('message_thread_id');
  if (id === undefined) return {};
  const topic = chat.topics[id];
  if (!topic) throw badRequest('message thread not found');
  if (topic.closed) throw badRequest('TOPIC_CLOSED');
  return { message_thread_id: id, is_topic_message: true };
}

function quoted({ params }: MethodContext, chat: ChatState): Pick<Message, 'reply_to_message'> {
  const raw = params.nested('reply_parameters', 'reply parameters');
  const id = isRecord(raw) ? Number(raw.message_id) : params.int('reply_to_message_id');
  if (id === undefined) return {};
  const message = findMessage(chat, id);
  if (message) return { reply_to_message: asQuoted(message) };
  const lenient = isRecord(raw)
    ? raw.allow_sending_without_reply === true
    : params.flag('allow_sending_without_reply');
  if (lenient) return {};
  throw badRequest('message to be replied not found');
}

/** Prepares a message of the bot's; it gets its id now and enters the chat on commit. */
function outgoing(context: MethodContext, content: (chat: ChatState) => Partial<Message>) {
  const { state, bot } = context;
  const chat = targetChat(context);
  const body = content(chat);
  const markup = replyMarkup(context.params);
  const message: Message = {
    message_id: 0,
    from: state.botUser(bot),
    chat: chat.chat,
    date: unixNow(),
    ...thread(context, chat),
    ...quoted(context, chat),
    ...body,
    ...(markup && { reply_markup: markup }),
  };
  message.message_id = state.nextMessageId(bot, chat);
  return ok(onWire(message), () => state.append(bot, chat, message, 'out'));
}

export const sendMessage: Method = (context) =>
  outgoing(context, () => {
    const { text, entities } = messageText(context.params);
    return { text, ...(entities.length > 0 && { entities }), ...linkPreview(context.params) };
  });

function caption(context: MethodContext): Partial<Message> {
  const { text, entities } = captionText(context.params);
  return text === '' ? {} : { caption: text, ...(entities.length > 0 && { caption_entities: entities }) };
}

function sentFile({ state, bot, params }: MethodContext, name: string): FileRef {
  const file = params.file(name);
  if (file === undefined) throw badRequest(`there is no ${name} in the request`);
  if (typeof file === 'string') {
    const known = bot.files[file];
    if (known) {
      const { path: _, content: __, ...reference } = known;
      return reference;
    }
    if (!/^https?:\/\//.test(file)) throw badRequest('wrong file identifier/HTTP URL specified');
    return state.storeFile(bot, name, { file_name: new URL(file).pathname.split('/').at(-1) || name });
  }
  if (file.bytes.length === 0) throw badRequest('file must be non-empty');
  return state.storeFile(bot, name, { bytes: file.bytes, file_name: file.name, mime_type: file.mimeType });
}

export const sendDocument: Method = (context) =>
  outgoing(context, () => ({ document: sentFile(context, 'document'), ...caption(context) }));

export const sendVoice: Method = (context) =>
  outgoing(context, () => ({
    voice: { ...sentFile(context, 'voice'), duration: context.params.int('duration') ?? 1 },
    ...caption(context),
  }));

export const sendPhoto: Method = (context) =>
  outgoing(context, () => {
    const photo = sentFile(context, 'photo');
    return { photo: [{ ...photo, width: 800, height: 600 }], ...caption(context) };
  });

export const sendContact: Method = (context) =>
  outgoing(context, () => {
    const { params } = context;
    if (!params.has('phone_number')) throw badRequest('phone number is empty');
    const last = params.text('last_name');
    return {
      contact: {
        phone_number: params.text('phone_number') as string,
        first_name: params.text('first_name') ?? '',
        ...(last !== undefined && { last_name: last }),
      },
    };
  });

export const sendLocation: Method = (context) =>
  outgoing(context, () => {
    const latitude = Number(context.params.text('latitude'));
    const longitude = Number(context.params.text('longitude'));
    if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180))
      throw badRequest('wrong latitude or longitude');
    return { location: { latitude, longitude } };
  });

export const copyMessage: Method = (context) => {
  const source = findMessage(targetChat(context, 'from_chat_id'), context.params.int('message_id'));
  if (!source) throw badRequest('message to copy not found');
  const planned = outgoing(context, () => {
    const {
      message_id: _,
      date: __,
      chat: ___,
      from: ____,
      reply_to_message: _____,
      reply_markup: ______,
      ...body
    } = source;
    return context.params.has('caption') ? { ...body, ...caption(context) } : body;
  });
  const { message_id } = (planned.answer.json as { result: Message }).result;
  return ok({ message_id }, planned.commit);
};

const ACTIONS = new Set([
  'typing',
  'upload_photo',
  'record_video',
  'upload_video',
  'record_voice',
  'upload_voice',
  'upload_document',
  'choose_sticker',
  'find_location',
  'record_video_note',
  'upload_video_note',
]);

export const sendChatAction: Method = (context) => {
  const { state, bot, params } = context;
  const chat = targetChat(context);
  const action = params.text('action') ?? '';
  if (!ACTIONS.has(action)) throw badRequest('wrong parameter action in request');
  return ok(true, () => state.note(bot, chat, { kind: 'action', direction: 'out', action }));
};
