import { asQuoted, findMessage, onWire, unixNow } from './context.ts';
import type { BotState, ChatState, TelegramState } from './state.ts';
import { describeMessage } from './transcript.ts';
import type { Chat, Message, MessageEntity, Update, User } from './types.ts';

/** A control request that makes no sense; answered 400 with this text. */
export class ControlError extends Error {}

export interface Actor {
  chatId: number;
  /** Who acts; in a private chat always the customer of that id. */
  userId?: number;
}

const COMMAND = /(?:^|\s)(\/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]+)?)/g;

/** The entities that the platform itself finds in what a customer typed. */
function foundEntities(text: string): MessageEntity[] {
  const commands = [...text.matchAll(COMMAND)].map((match) => {
    const found = match[1] ?? '';
    return {
      type: 'bot_command',
      offset: match.index + match[0].length - found.length,
      length: found.length,
    };
  });
  const links = [...text.matchAll(/https?:\/\/\S+/g)].map((match) => ({
    type: 'url',
    offset: match.index,
    length: match[0].length,
  }));
  return [...commands, ...links].sort((a, b) => a.offset - b.offset);
}

/** What customers do, as the bot comes to know it: each act queues its update. */
export class Customers {
  readonly #state: TelegramState;
  #queries = 0;

  constructor(state: TelegramState) {
    this.#state = state;
  }

  /** Sets what is known of a person; unknown people are named after their id. */
  profile(bot: BotState, userId: number, given: Partial<User> = {}): User {
    const known = bot.users[userId] ?? {
      id: userId,
      is_bot: false,
      first_name: `Customer ${userId}`,
      language_code: 'ru',
    };
    const user: User = { ...known, ...given, id: userId };
    bot.users[userId] = user;
    const chat = bot.chats[userId];
    if (chat) chat.chat = privateChat(user);
    this.#state.changed();
    return user;
  }

  chat(bot: BotState, actor: Actor): { chat: ChatState; user: User } {
    const group = actor.chatId < 0;
    if (group && actor.userId === undefined) throw new ControlError('In a group say who acts: from.');
    const user = this.profile(bot, actor.userId ?? actor.chatId);
    const chat = this.#state.chat(
      bot,
      group ? { id: actor.chatId, type: 'supergroup', title: `Group ${-actor.chatId}` } : privateChat(user),
    );
    return { chat, user };
  }

  /** Makes a group known, a forum if told so. */
  group(bot: BotState, chatId: number, given: Partial<Chat>): Chat {
    const chat = this.#state.chat(bot, { id: chatId, type: 'supergroup', title: `Group ${-chatId}` });
    Object.assign(chat.chat, given, { id: chatId });
    this.#state.changed();
    return chat.chat;
  }

  /** Sends a message of any content into the chat. */
  send(bot: BotState, actor: Actor, content: Partial<Message>, replyTo?: number) {
    const { chat, user } = this.chat(bot, actor);
    if (chat.blocked && chat.chat.type === 'private') this.setBlocked(bot, actor, false);
    const quoted = findMessage(chat, replyTo);
    if (replyTo !== undefined && !quoted) throw new ControlError(`There is no message ${replyTo} to quote.`);
    const entities = content.text === undefined ? [] : foundEntities(content.text);
    const message: Message = {
      message_id: this.#state.nextMessageId(bot, chat),
      from: user,
      chat: chat.chat,
      date: unixNow(),
      ...(entities.length > 0 && { entities }),
      ...(quoted && { reply_to_message: asQuoted(quoted) }),
      ...content,
    };
    const updateId = this.#state.enqueue(bot, String(chat.chat.id), { message: onWire(message) });
    this.#state.append(bot, chat, message, 'in', updateId);
    return { updateId, messageId: message.message_id };
  }

  /** Presses an inline button; `data` is taken as given, also when no button holds it. */
  press(bot: BotState, actor: Actor, data: string, messageId: number | undefined) {
    const { chat, user } = this.chat(bot, actor);
    const message = findMessage(chat, messageId);
    const id = `${Date.now()}${String(++this.#queries).padStart(6, '0')}`;
    bot.callbacks[id] = { chatId: chat.chat.id, answered: false };
    const shown =
      messageId === undefined ? undefined : (message ?? { chat: chat.chat, message_id: messageId, date: 0 });
    const updateId = this.#state.enqueue(bot, String(chat.chat.id), {
      callback_query: {
        id,
        from: user,
        chat_instance: String(chat.chat.id),
        data,
        ...(shown && { message: message ? onWire(message) : (shown as Message) }),
      },
    });
    this.#state.note(bot, chat, {
      kind: 'press',
      direction: 'in',
      action: data,
      callbackId: id,
      updateId,
      ...(messageId !== undefined && { replyTo: messageId }),
    });
    return { updateId, callbackId: id };
  }

  edit(bot: BotState, actor: Actor, messageId: number, text: string) {
    const { chat } = this.chat(bot, actor);
    const message = findMessage(chat, messageId);
    if (!message) throw new ControlError(`There is no message ${messageId} to edit.`);
    const field = message.text === undefined ? 'caption' : 'text';
    const { entities: _, ...kept } = message;
    const found = field === 'text' ? foundEntities(text) : [];
    const edited: Message = {
      ...kept,
      [field]: text,
      edit_date: unixNow(),
      ...(found.length > 0 && { entities: found }),
    } as Message;
    chat.messages = chat.messages.map((one) => (one === message ? edited : one));
    const updateId = this.#state.enqueue(bot, String(chat.chat.id), { edited_message: onWire(edited) });
    this.#state.note(bot, chat, { kind: 'edit', direction: 'in', updateId, ...describeMessage(edited) });
    return { updateId, messageId };
  }

  /** Blocks or unblocks the bot in a private chat; throws the bot out of a group or lets it in. */
  setBlocked(bot: BotState, actor: Actor, blocked: boolean) {
    const { chat, user } = this.chat(bot, actor);
    const member = (status: string) => ({ user: this.#state.botUser(bot), status });
    const status = blocked ? 'kicked' : 'member';
    chat.blocked = blocked;
    const updateId = this.#state.enqueue(bot, String(chat.chat.id), {
      my_chat_member: {
        chat: chat.chat,
        from: user,
        date: unixNow(),
        old_chat_member: member(blocked ? 'member' : 'kicked'),
        new_chat_member: member(status),
      },
    });
    this.#state.note(bot, chat, { kind: 'membership', direction: 'in', status, updateId });
    return { updateId };
  }

  /** Queues an update of any shape; its number is set here unless it brings one. */
  inject(bot: BotState, payload: Record<string, unknown>) {
    const { update_id, ...rest } = payload;
    const updateId = this.#state.enqueue(bot, queueOf(rest), rest as Omit<Update, 'update_id'>);
    if (typeof update_id !== 'number') return { updateId };
    const queued = bot.pending.at(-1);
    if (queued?.update.update_id === updateId) queued.update.update_id = update_id;
    return { updateId: update_id };
  }
}

function privateChat({ id, first_name, last_name, username }: User): Chat {
  return { id, type: 'private', first_name, ...(last_name && { last_name }), ...(username && { username }) };
}

/** Updates that name no chat share one queue. */
function queueOf(payload: Record<string, unknown>): string {
  for (const value of Object.values(payload)) {
    const body = value as { chat?: { id?: unknown }; message?: { chat?: { id?: unknown } } } | null;
    const id = body?.chat?.id ?? body?.message?.chat?.id;
    if (id !== undefined) return String(id);
  }
  return 'none';
}
