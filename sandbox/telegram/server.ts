import { Hono } from 'hono';
import { type Planned, pure } from '../http/answer.ts';
import { BadBody, type Params, readParams } from '../http/params.ts';
import { carry, type Exchange } from '../mischief/exchange.ts';
import type { Call } from '../mischief/match.ts';
import { errorAnswer, type MethodContext } from './context.ts';
import type { SendGovernor } from './limits.ts';
import { METHODS } from './methods/index.ts';
import { MethodParams } from './params.ts';
import type { TelegramState } from './state.ts';
import { TelegramError } from './types.ts';

const COUNTED = /^(send(?!ChatAction)|copy|edit)/;

interface TelegramDeps extends Exchange {
  state: TelegramState;
  governor: SendGovernor;
}

/** Runs one method; what the Bot API would refuse becomes an error answer without any effect. */
export async function plan(
  deps: Pick<TelegramDeps, 'governor'>,
  methodName: string,
  context: MethodContext,
): Promise<Planned> {
  const entry = METHODS.get(methodName.toLowerCase());
  if (!entry) return pure(errorAnswer(new TelegramError(404, 'Not Found: method not found')));
  try {
    if (COUNTED.test(entry.name)) deps.governor.take(context.bot.id, context.params.text('chat_id') ?? '');
    return await entry.method(context);
  } catch (error) {
    if (error instanceof TelegramError) return pure(errorAnswer(error));
    throw error;
  }
}

const TOKEN = /^(\d+):[A-Za-z0-9_-]+$/;

/** The Bot API over HTTP: `/bot<token>/<method>` and `/file/bot<token>/<path>`. */
export function telegramApp(deps: TelegramDeps): Hono {
  const { state } = deps;
  const app = new Hono();

  app.all('*', async (c) => {
    const path = new URL(c.req.url).pathname;
    const found = /^\/(file\/)?bot([^/]*)\/(?:test\/)?(.*)$/.exec(decodeURIComponent(path));
    if (!found) return c.json({ ok: false, error_code: 404, description: 'Not Found' }, 404);
    const [, isFile, token = '', rest = ''] = found;
    const botId = Number(TOKEN.exec(token)?.[1]);
    if (!botId) return c.json({ ok: false, error_code: 401, description: 'Unauthorized' }, 401);
    const bot = state.bot(botId);

    if (isFile) {
      const call: Call = {
        service: 'telegram',
        method: 'downloadFile',
        path: `/file/${rest}`,
        params: {},
        botId,
      };
      return carry(c, deps, call, () => {
        const file = Object.values(bot.files).find((stored) => stored.path === rest);
        if (!file) return pure(errorAnswer(new TelegramError(404, 'Not Found')));
        const bytes = file.content ? Buffer.from(file.content, 'base64') : Buffer.alloc(file.file_size ?? 0);
        return pure({ status: 200, bytes });
      });
    }

    let all: Params;
    try {
      all = await readParams(c);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      return c.json({ ok: false, error_code: 400, description: "Bad Request: can't parse JSON object" }, 400);
    }
    const params = new MethodParams(all);
    const method = METHODS.get(rest.toLowerCase())?.name ?? rest;
    const chatId = params.text('chat_id');
    const call: Call = {
      service: 'telegram',
      method,
      path: `/${method}`,
      params: params.summary(),
      botId,
      ...(chatId !== undefined && { chatId }),
    };
    return carry(c, deps, call, ({ gone }) => plan(deps, method, { state, bot, params, gone }));
  });

  return app;
}
