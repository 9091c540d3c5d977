import { isUpload } from '../../http/params.ts';
import { type Method, type MethodContext, ok } from '../context.ts';
import type { BotState } from '../state.ts';
import { badRequest, TelegramError } from '../types.ts';

/** The one consumer of a bot's updates; a second one ends it. */
const consumers = new WeakMap<BotState, AbortController>();

function readAllowed({ params }: MethodContext): string[] | undefined {
  const raw = params.nested('allowed_updates', 'allowed updates');
  if (raw === undefined) return undefined;
  if (!Array.isArray(raw)) throw badRequest("can't parse allowed updates JSON object");
  return raw.map(String);
}

/** `offset` confirms everything before it; a negative one keeps only that many from the end. */
function confirm(bot: BotState, offset: number): void {
  if (offset > 0)
    bot.pending = bot.pending.filter(({ update, again }) => again || update.update_id >= offset);
  if (offset < 0) bot.pending = bot.pending.slice(offset);
}

export const getUpdates: Method = async (context) => {
  const { state, bot, params, gone } = context;
  if (bot.webhook) {
    throw new TelegramError(
      409,
      "Conflict: can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first",
    );
  }
  const allowed = readAllowed(context);
  if (allowed) bot.allowedUpdates = allowed;
  const limit = Math.min(100, Math.max(1, params.int('limit') ?? 100));
  const timeoutMs = Math.min(50, Math.max(0, params.int('timeout') ?? 0)) * 1000;

  consumers.get(bot)?.abort();
  const taken = new AbortController();
  consumers.set(bot, taken);
  confirm(bot, params.int('offset') ?? 0);
  state.changed();

  const look = () => {
    const ready = state.paused ? [] : bot.pending.slice(0, limit);
    return ready.length > 0 || bot.webhook ? ready : undefined;
  };
  const updates = await state.queued.until(look, timeoutMs, AbortSignal.any([gone, taken.signal]));
  if (consumers.get(bot) === taken) consumers.delete(bot);
  if (taken.signal.aborted) {
    throw new TelegramError(
      409,
      'Conflict: terminated by other getUpdates request; make sure that only one bot instance is running',
    );
  }
  if (bot.webhook) throw new TelegramError(409, 'Conflict: terminated by setWebhook request');
  for (const pending of updates ?? []) pending.again = false;
  return ok((updates ?? []).map(({ update }) => update));
};

export const setWebhook: Method = (context) => {
  const { state, bot, params } = context;
  const url = params.text('url') ?? '';
  const allowed = readAllowed(context);
  if (url !== '' && !/^https?:\/\/[^\s/]+/i.test(url)) {
    throw badRequest('bad webhook: An HTTPS URL must be provided for webhook');
  }
  const secretToken = params.text('secret_token');
  if (secretToken && !/^[A-Za-z0-9_-]{1,256}$/.test(secretToken)) {
    throw badRequest('secret token contains unallowed characters');
  }
  if (params.has('certificate') && !isUpload(params.all.certificate)) {
    throw badRequest('bad webhook: certificate file must be uploaded');
  }
  const maxConnections = Math.min(100, Math.max(1, params.int('max_connections') ?? 40));
  const ipAddress = params.text('ip_address');
  const planned = ok(true, () => {
    if (allowed) bot.allowedUpdates = allowed;
    if (params.flag('drop_pending_updates')) bot.pending = [];
    for (const pending of bot.pending) Object.assign(pending, { attempts: 0, notBefore: 0 });
    bot.webhook =
      url === ''
        ? undefined
        : { url, maxConnections, ...(secretToken && { secretToken }), ...(ipAddress && { ipAddress }) };
    state.changed();
    state.queued.ring();
  });
  const description = url === '' ? 'Webhook was deleted' : 'Webhook was set';
  return { ...planned, answer: { status: 200, json: { ok: true, result: true, description } } };
};

export const deleteWebhook: Method = ({ state, bot, params }) =>
  ok(true, () => {
    if (params.flag('drop_pending_updates')) bot.pending = [];
    bot.webhook = undefined;
    state.changed();
    state.queued.ring();
  });

export const getWebhookInfo: Method = ({ bot }) => {
  const { webhook } = bot;
  return ok({
    url: webhook?.url ?? '',
    has_custom_certificate: false,
    pending_update_count: bot.pending.length,
    ...(webhook && { max_connections: webhook.maxConnections }),
    ...(webhook?.ipAddress && { ip_address: webhook.ipAddress }),
    ...(webhook?.lastErrorDate && {
      last_error_date: webhook.lastErrorDate,
      last_error_message: webhook.lastErrorMessage ?? '',
    }),
    ...(bot.allowedUpdates.length > 0 && { allowed_updates: bot.allowedUpdates }),
  });
};
