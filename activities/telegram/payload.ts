import type { InlineKeyboardMarkup, MessageEntity, ReplyKeyboardMarkup } from 'grammy/types';
import type { Button, Chunk, Entity } from '../../domain/outbound.ts';

/** A private chat's id is a number; names with @ pass as they are. */
export const toChatId = (chatId: string): number | string =>
  /^-?\d+$/.test(chatId) ? Number(chatId) : chatId;

/** A chunk as `sendMessage` takes it. Entities are given, so nothing in the text is ever read as markup. */
export function toSendMessage(chatId: string, chunk: Chunk) {
  const markup = keyboard(chunk);
  return { ...words(chatId, chunk), ...(markup ? { reply_markup: markup } : {}) };
}

/**
 * The same chunk as `editMessageText` takes it, with everything that the message was sent with: an edit that does
 * not name the buttons takes them away.
 */
export function toEditMessage(chatId: string, messageId: number, chunk: Chunk) {
  const markup = inlineKeyboard(chunk);
  return {
    ...words(chatId, chunk),
    message_id: messageId,
    ...(markup ? { reply_markup: markup } : {}),
  };
}

/** A message under a keyboard of the client's own cannot be edited. */
export const isEditable = (chunk: Chunk): boolean => chunk.requestContact === undefined;

const words = (chatId: string, chunk: Chunk) => ({
  chat_id: toChatId(chatId),
  text: chunk.text,
  link_preview_options: { is_disabled: true },
  ...(chunk.entities.length > 0 ? { entities: chunk.entities.map(toEntity) } : {}),
});

function toEntity(entity: Entity): MessageEntity {
  const { type, offset, length } = entity;
  switch (type) {
    case 'text_link':
      return { type, offset, length, url: entity.url ?? '' };
    case 'pre':
      return { type, offset, length, ...(entity.language ? { language: entity.language } : {}) };
    default:
      return { type, offset, length };
  }
}

/**
 * A message carries one keyboard only. Where it asks for the contact, choices stand below that button and come
 * back as text when pressed.
 */
function keyboard(chunk: Chunk): InlineKeyboardMarkup | ReplyKeyboardMarkup | undefined {
  if (chunk.requestContact !== undefined) {
    const choices = (chunk.buttons ?? [])
      .map((row) => row.filter((button) => 'data' in button).map((button) => ({ text: button.text })))
      .filter((row) => row.length > 0);
    return {
      keyboard: [[{ text: chunk.requestContact, request_contact: true }], ...choices],
      resize_keyboard: true,
      one_time_keyboard: true,
    };
  }
  return inlineKeyboard(chunk);
}

function inlineKeyboard({ buttons = [] }: Chunk): InlineKeyboardMarkup | undefined {
  return buttons.length > 0 ? { inline_keyboard: buttons.map((row) => row.map(toInlineButton)) } : undefined;
}

const toInlineButton = (button: Button) =>
  'url' in button
    ? { text: button.text, url: button.url }
    : { text: button.text, callback_data: button.data };
