/** Bot API objects, as far as this stand-in speaks of them. Names are those of the wire. */
export interface User {
  id: number;
  is_bot: boolean;
  first_name: string;
  last_name?: string;
  username?: string;
  language_code?: string;
}

export interface Chat {
  id: number;
  type: 'private' | 'group' | 'supergroup' | 'channel';
  title?: string;
  first_name?: string;
  last_name?: string;
  username?: string;
  is_forum?: true;
}

export interface MessageEntity {
  type: string;
  offset: number;
  length: number;
  url?: string;
  language?: string;
  user?: User;
  custom_emoji_id?: string;
}

export interface InlineButton {
  text: string;
  callback_data?: string;
  url?: string;
  [other: string]: unknown;
}

export interface ReplyMarkup {
  inline_keyboard?: InlineButton[][];
  keyboard?: ({ text: string; request_contact?: boolean; request_location?: boolean } | string)[][];
  remove_keyboard?: boolean;
  force_reply?: boolean;
  [other: string]: unknown;
}

export interface FileRef {
  file_id: string;
  file_unique_id: string;
  file_size?: number;
  file_name?: string;
  mime_type?: string;
  duration?: number;
  width?: number;
  height?: number;
}

export interface Contact {
  phone_number: string;
  first_name: string;
  last_name?: string;
  user_id?: number;
}

export interface Message {
  message_id: number;
  date: number;
  chat: Chat;
  from?: User;
  message_thread_id?: number;
  is_topic_message?: true;
  edit_date?: number;
  reply_to_message?: Message;
  media_group_id?: string;
  text?: string;
  entities?: MessageEntity[];
  caption?: string;
  caption_entities?: MessageEntity[];
  voice?: FileRef;
  audio?: FileRef;
  photo?: FileRef[];
  video?: FileRef;
  document?: FileRef;
  sticker?: FileRef & { emoji?: string; type: string };
  contact?: Contact;
  location?: { latitude: number; longitude: number };
  reply_markup?: ReplyMarkup;
  [service: string]: unknown;
}

interface CallbackQuery {
  id: string;
  from: User;
  message?: Message;
  chat_instance: string;
  data?: string;
}

export interface Update {
  update_id: number;
  message?: Message;
  edited_message?: Message;
  callback_query?: CallbackQuery;
  my_chat_member?: Record<string, unknown> & { chat: Chat };
  [kind: string]: unknown;
}

export interface BotCommand {
  command: string;
  description: string;
}

/** An error answer of the Bot API. `description` comes without the leading "Bad Request: " only for non-400. */
export class TelegramError extends Error {
  readonly status: number;
  readonly parameters: Record<string, unknown> | undefined;

  constructor(status: number, description: string, parameters?: Record<string, unknown>) {
    super(description);
    this.status = status;
    this.parameters = parameters;
  }
}

export function badRequest(description: string): TelegramError {
  return new TelegramError(400, `Bad Request: ${description}`);
}
