import type { Api } from 'grammy';
import type { BotCommand, Update, UserFromGetMe, WebhookInfo } from 'grammy/types';
import type { Locale } from '../../domain/locale.ts';
import { type ApiSignal, withDeadline } from './deadline.ts';
import { classifyTelegram } from './outcome.ts';

/** The kinds of update the product understands; Telegram is asked for no others. */
export const ALLOWED_UPDATES = ['message', 'edited_message', 'callback_query', 'my_chat_member'] as const;
export type AllowedUpdate = (typeof ALLOWED_UPDATES)[number];

export interface WebhookWish {
  url: string;
  secret: string;
  allowedUpdates?: readonly AllowedUpdate[];
  /** Telegram never tells the secret it holds, so the caller has to say when it changed. */
  secretChanged?: boolean;
}

export interface PollRequest {
  /** One more than the last update stored; confirms everything before it. */
  offset?: number;
  /** How long Telegram may hold the request open, 0 to 50 s. */
  timeoutSeconds: number;
  signal: AbortSignal;
}

/** Calls about the account rather than a chat. All reject with `ProviderError` and may be repeated. */
export interface TelegramAdmin {
  getMe(signal?: AbortSignal): Promise<UserFromGetMe>;
  /** Sets the menu per language; clients in any other language see that of `fallback`. */
  setCommands(
    menus: Partial<Record<Locale, readonly BotCommand[]>>,
    fallback: Locale,
    signal?: AbortSignal,
  ): Promise<void>;
  /** Sets the webhook only if what Telegram holds differs. `info` is what it holds afterwards. */
  ensureWebhook(wish: WebhookWish, signal?: AbortSignal): Promise<{ changed: boolean; info: WebhookInfo }>;
  /** What Telegram holds now, and how its deliveries fare. */
  webhookInfo(signal?: AbortSignal): Promise<WebhookInfo>;
  deleteWebhook(signal?: AbortSignal): Promise<void>;
  /** Updates as they came, at most 100. */
  getUpdates(request: PollRequest): Promise<unknown[]>;
  /** Cuts every connection, unless they belong to a dispatcher given from outside. */
  close(): Promise<void>;
}

export function createAdmin(api: Api, timeoutMs: number): Omit<TelegramAdmin, 'close'> {
  const call = async <T>(
    signal: AbortSignal | undefined,
    request: (signal: ApiSignal) => Promise<T>,
    ms = timeoutMs,
  ): Promise<T> => {
    try {
      return await withDeadline(signal, ms, request);
    } catch (error) {
      throw classifyTelegram(error);
    }
  };

  return {
    getMe: (signal) => call(signal, (s) => api.getMe(s)),

    async setCommands(menus, fallback, signal) {
      for (const [locale, commands] of Object.entries(menus)) {
        if (locale !== fallback)
          await call(signal, (s) => api.setMyCommands(commands, { language_code: locale as Locale }, s));
      }
      const general = menus[fallback];
      if (general) await call(signal, (s) => api.setMyCommands(general, {}, s));
    },

    async ensureWebhook({ url, secret, allowedUpdates = ALLOWED_UPDATES, secretChanged = false }, signal) {
      const held = await call(signal, (s) => api.getWebhookInfo(s));
      if (!secretChanged && held.url === url && sameSet(held.allowed_updates, allowedUpdates))
        return { changed: false, info: held };
      await call(signal, (s) =>
        api.setWebhook(url, { secret_token: secret, allowed_updates: [...allowedUpdates] }, s),
      );
      return { changed: true, info: await call(signal, (s) => api.getWebhookInfo(s)) };
    },

    webhookInfo: (signal) => call(signal, (s) => api.getWebhookInfo(s)),

    async deleteWebhook(signal) {
      await call(signal, (s) => api.deleteWebhook({}, s));
    },

    getUpdates: ({ offset, timeoutSeconds, signal }) =>
      call<Update[]>(
        signal,
        (s) =>
          api.getUpdates(
            {
              ...(offset === undefined ? {} : { offset }),
              timeout: timeoutSeconds,
              limit: 100,
              allowed_updates: [...ALLOWED_UPDATES],
            },
            s,
          ),
        timeoutMs + timeoutSeconds * 1000,
      ),
  };
}

const sameSet = (held: readonly string[] | undefined, wanted: readonly string[]): boolean =>
  held?.length === wanted.length && wanted.every((name) => held.includes(name));
