import { isRecord } from '../http/params.ts';
import type { MethodParams } from './params.ts';
import { badRequest, type InlineButton, type ReplyMarkup } from './types.ts';

const ACTIONS = [
  'callback_data',
  'url',
  'web_app',
  'login_url',
  'switch_inline_query',
  'switch_inline_query_current_chat',
  'switch_inline_query_chosen_chat',
  'copy_text',
  'callback_game',
  'pay',
];

function inlineButton(raw: unknown): InlineButton {
  if (!isRecord(raw)) throw badRequest("can't parse inline keyboard button: expected an Object");
  const { text, callback_data, url } = raw;
  if (typeof text !== 'string') {
    throw badRequest('can\'t parse inline keyboard button: Can\'t find field "text"');
  }
  if (text.trim() === '') throw badRequest('BUTTON_TEXT_INVALID');
  if (!ACTIONS.some((action) => raw[action] !== undefined)) {
    throw badRequest("can't parse inline keyboard button: Text buttons are unallowed in the inline keyboard");
  }
  if (callback_data !== undefined) {
    const bytes = typeof callback_data === 'string' ? Buffer.byteLength(callback_data) : 0;
    if (bytes < 1 || bytes > 64) throw badRequest('BUTTON_DATA_INVALID');
  }
  if (url !== undefined && !(typeof url === 'string' && /^(https?|tg):\/\/\S+$/i.test(url))) {
    throw badRequest(`inline keyboard button URL '${String(url)}' is invalid: Wrong HTTP URL`);
  }
  return raw as InlineButton;
}

function rows(raw: unknown, what: string): unknown[][] {
  if (!Array.isArray(raw) || !raw.every(Array.isArray)) {
    throw badRequest(`object expected as reply markup: field "${what}" must be an Array of Arrays`);
  }
  return raw as unknown[][];
}

/** The preview option of a text, as the message shows it afterwards. */
export function linkPreview(params: MethodParams): { link_preview_options?: unknown } {
  const raw = params.nested('link_preview_options', 'link preview options');
  if (raw === undefined) return {};
  if (!isRecord(raw)) throw badRequest('object expected as link preview options');
  return { link_preview_options: raw };
}

/** Reads and checks `reply_markup`; an empty inline keyboard is none. */
export function replyMarkup(params: MethodParams): ReplyMarkup | undefined {
  const raw = params.nested('reply_markup', 'reply keyboard markup');
  if (raw === undefined) return undefined;
  if (!isRecord(raw)) throw badRequest('object expected as reply markup');
  if (raw.inline_keyboard !== undefined) {
    const keyboard = rows(raw.inline_keyboard, 'inline_keyboard').map((row) => row.map(inlineButton));
    if (keyboard.flat().length > 100) throw badRequest('REPLY_MARKUP_TOO_LONG');
    const filled = keyboard.filter((row) => row.length > 0);
    return filled.length > 0 ? { inline_keyboard: filled } : undefined;
  }
  if (raw.keyboard !== undefined) {
    for (const button of rows(raw.keyboard, 'keyboard').flat()) {
      const text = typeof button === 'string' ? button : isRecord(button) ? button.text : undefined;
      if (typeof text !== 'string' || text === '')
        throw badRequest('can\'t parse keyboard button: Can\'t find field "text"');
    }
  }
  return raw as ReplyMarkup;
}
