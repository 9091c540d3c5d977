import { isDeepStrictEqual } from 'node:util';
import { findMessage, type Method, type MethodContext, ok, onWire, targetChat, unixNow } from '../context.ts';
import { captionText, messageText } from '../entities/format.ts';
import { linkPreview, replyMarkup } from '../markup.ts';
import type { ChatState } from '../state.ts';
import { describeMessage } from '../transcript.ts';
import { badRequest, type Message } from '../types.ts';

function ownMessage(context: MethodContext): { chat: ChatState; message: Message } {
  const chat = targetChat(context);
  const message = findMessage(chat, context.params.int('message_id'));
  if (!message) throw badRequest('message to edit not found');
  const tooOld = Date.now() - message.date * 1000 >= context.state.editableMs;
  // Keyboards below the field of the client are no part of a message that can be changed.
  const { keyboard, force_reply } = message.reply_markup ?? {};
  if (message.from?.id !== context.bot.id || tooOld || keyboard || force_reply) {
    throw badRequest("message can't be edited");
  }
  return { chat, message };
}

/** Replaces content and keyboard; a keyboard, or a preview option, that is not sent along is removed. */
function edit(context: MethodContext, change: (message: Message) => Partial<Message>) {
  const { state, bot } = context;
  const { chat, message } = ownMessage(context);
  const markup = replyMarkup(context.params);
  if (markup && !markup.inline_keyboard) throw badRequest('inline keyboard expected');
  const { reply_markup: _, ...kept } = message;
  const edited = { ...kept, ...change(message), ...(markup && { reply_markup: markup }) } as Message;
  for (const key of Object.keys(edited)) if (edited[key] === undefined) delete edited[key];
  if (
    isDeepStrictEqual(
      onWire({ ...edited, edit_date: undefined }),
      onWire({ ...message, edit_date: undefined }),
    )
  ) {
    throw badRequest(
      'message is not modified: specified new message content and reply markup are exactly the same as a current content and reply markup of the message',
    );
  }
  edited.edit_date = unixNow();
  return ok(onWire(edited), () => {
    chat.messages = chat.messages.map((one) => (one.message_id === edited.message_id ? edited : one));
    state.note(bot, chat, { kind: 'edit', direction: 'out', ...describeMessage(edited) });
  });
}

export const editMessageText: Method = (context) =>
  edit(context, (message) => {
    if (message.text === undefined) throw badRequest('there is no text in the message to edit');
    const { text, entities } = messageText(context.params);
    const preview = { link_preview_options: undefined, ...linkPreview(context.params) };
    return { text, entities: entities.length > 0 ? entities : undefined, ...preview };
  });

export const editMessageCaption: Method = (context) =>
  edit(context, (message) => {
    if (message.text !== undefined) throw badRequest('there is no caption in the message to edit');
    const { text, entities } = captionText(context.params);
    return { caption: text || undefined, caption_entities: entities.length > 0 ? entities : undefined };
  });

export const editMessageReplyMarkup: Method = (context) => edit(context, () => ({}));

export const deleteMessage: Method = (context) => {
  const { state, bot } = context;
  const chat = targetChat(context);
  const message = findMessage(chat, context.params.int('message_id'));
  if (!message) throw badRequest('message to delete not found');
  return ok(true, () => {
    chat.messages = chat.messages.filter((one) => one !== message);
    state.note(bot, chat, { kind: 'delete', direction: 'out', messageId: message.message_id });
  });
};

export const setMessageReaction: Method = (context) => {
  const { state, bot, params } = context;
  const chat = targetChat(context);
  const message = findMessage(chat, params.int('message_id'));
  if (!message) throw badRequest('message to react not found');
  const raw = params.nested('reaction', 'reaction') ?? [];
  if (!Array.isArray(raw)) throw badRequest('expected an Array of ReactionType');
  const text = raw.map((one: { emoji?: unknown }) => String(one.emoji ?? '')).join('');
  return ok(true, () =>
    state.note(bot, chat, { kind: 'reaction', direction: 'out', messageId: message.message_id, text }),
  );
};

export const answerCallbackQuery: Method = ({ state, bot, params }) => {
  const id = params.text('callback_query_id') ?? '';
  const callback = bot.callbacks[id];
  const chat = callback && bot.chats[callback.chatId];
  if (!callback || callback.answered || !chat) {
    throw badRequest('query is too old and response timeout expired or query ID is invalid');
  }
  const text = params.text('text');
  if (text !== undefined && text.length > 200) throw badRequest('MESSAGE_TOO_LONG');
  return ok(true, () => {
    callback.answered = true;
    state.note(bot, chat, {
      kind: 'callback_answer',
      direction: 'out',
      callbackId: id,
      ...(text && { text }),
      ...(params.flag('show_alert') && { showAlert: true }),
    });
  });
};
