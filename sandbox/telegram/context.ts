import type { Answer, Planned } from '../http/answer.ts';
import type { MethodParams } from './params.ts';
import type { BotState, ChatState, TelegramState } from './state.ts';
import { badRequest, type Message, TelegramError } from './types.ts';

/** What a method may look at. Methods check and prepare; effects happen in the plan's `commit`. */
export interface MethodContext {
  state: TelegramState;
  bot: BotState;
  params: MethodParams;
  /** Aborts when the client hangs up. */
  gone: AbortSignal;
}

export type Method = (context: MethodContext) => Planned | Promise<Planned>;

export function ok(result: unknown, commit: () => void = () => undefined): Planned {
  return { answer: { status: 200, json: { ok: true, result } }, commit };
}

export function errorAnswer(error: TelegramError): Answer {
  const { status, message, parameters } = error;
  const retryAfter = parameters?.retry_after;
  return {
    status,
    json: { ok: false, error_code: status, description: message, ...(parameters && { parameters }) },
    ...(retryAfter !== undefined && { headers: { 'retry-after': String(retryAfter) } }),
  };
}

/** The chat named by `chat_id`, if the bot may write there. */
export function targetChat({ bot, params }: MethodContext, name = 'chat_id'): ChatState {
  if (!params.has(name)) throw badRequest(`${name} is empty`);
  const id = params.text(name) as string;
  const chat = bot.chats[id] ?? Object.values(bot.chats).find((known) => `@${known.chat.username}` === id);
  if (!chat) throw badRequest('chat not found');
  if (chat.blocked) {
    throw new TelegramError(
      403,
      chat.chat.type === 'private'
        ? 'Forbidden: bot was blocked by the user'
        : `Forbidden: bot was kicked from the ${chat.chat.type} chat`,
    );
  }
  return chat;
}

export function findMessage(chat: ChatState, id: number | undefined): Message | undefined {
  return id === undefined ? undefined : chat.messages.find((message) => message.message_id === id);
}

export const unixNow = () => Math.floor(Date.now() / 1000);

/** A message as the wire shows it: only inline keyboards are echoed, and a quoted message quotes nothing. */
export function onWire(message: Message): Message {
  const { reply_markup, reply_to_message, ...rest } = message;
  return {
    ...rest,
    ...(reply_markup?.inline_keyboard && { reply_markup: { inline_keyboard: reply_markup.inline_keyboard } }),
    ...(reply_to_message && { reply_to_message }),
  };
}

/** A message as it is quoted inside another one. */
export function asQuoted(message: Message): Message {
  const { reply_to_message: _, ...rest } = onWire(message);
  return rest as Message;
}
