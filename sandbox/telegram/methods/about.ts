import { isRecord } from '../../http/params.ts';
import { type Method, type MethodContext, ok, targetChat } from '../context.ts';
import { type BotCommand, badRequest } from '../types.ts';

export const getMe: Method = ({ state, bot }) =>
  ok({
    ...state.botUser(bot),
    can_join_groups: true,
    can_read_all_group_messages: false,
    supports_inline_queries: false,
    can_connect_to_business: false,
    has_main_web_app: false,
    has_topics_enabled: false,
  });

export const getChat: Method = (context) => {
  const { chat } = targetChat(context);
  return ok({ ...chat, accent_color_id: 0, max_reaction_count: 11 });
};

const MOST_BYTES = 20 * 1024 * 1024;

export const getFile: Method = ({ bot, params }) => {
  const file = bot.files[params.text('file_id') ?? ''];
  if (!file) throw badRequest('wrong file_id or the file is temporarily unavailable');
  if ((file.file_size ?? 0) > MOST_BYTES) throw badRequest('file is too big');
  const { file_id, file_unique_id, file_size, path } = file;
  return ok({ file_id, file_unique_id, ...(file_size !== undefined && { file_size }), file_path: path });
};

/** Commands are kept per scope and language; the default scope has no language. */
function scopeKey({ params }: MethodContext): string {
  const scope = params.nested('scope', 'bot command scope');
  const { type = 'default', chat_id = '' } = isRecord(scope) ? scope : {};
  return [type, chat_id, params.text('language_code') ?? ''].join('/');
}

export const setMyCommands: Method = (context) => {
  const { state, bot, params } = context;
  const raw = params.nested('commands', 'commands');
  if (!Array.isArray(raw)) throw badRequest("can't parse commands JSON object");
  if (raw.length > 100) throw badRequest('BOT_COMMANDS_TOO_MUCH');
  const commands = raw.map((item: unknown): BotCommand => {
    const { command, description } = isRecord(item) ? item : {};
    if (typeof command !== 'string' || !/^\/?[a-z0-9_]{1,32}$/.test(command))
      throw badRequest('BOT_COMMAND_INVALID');
    if (typeof description !== 'string' || description === '' || description.length > 256) {
      throw badRequest('BOT_COMMAND_DESCRIPTION_INVALID');
    }
    return { command: command.replace(/^\//, ''), description };
  });
  const key = scopeKey(context);
  return ok(true, () => {
    bot.commands[key] = commands;
    state.changed();
  });
};

export const getMyCommands: Method = (context) => ok(context.bot.commands[scopeKey(context)] ?? []);

export const deleteMyCommands: Method = (context) => {
  const key = scopeKey(context);
  return ok(true, () => {
    delete context.bot.commands[key];
    context.state.changed();
  });
};
