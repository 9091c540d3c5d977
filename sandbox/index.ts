import { join } from 'node:path';
import { anthropicApp } from './anthropic/server.ts';
import { Portal } from './bitrix24/portal.ts';
import { bitrixApp, LeakyBucket, type RateLimit } from './bitrix24/server.ts';
import { controlApp } from './control/app.ts';
import { SANDBOX_DEFAULTS } from './defaults.ts';
import { type Listener, openListener } from './http/listener.ts';
import { Journal } from './mischief/journal.ts';
import { Mischief } from './mischief/mischief.ts';
import { ModelRequests } from './model/requests.ts';
import { DEFAULT_MODELS, ModelShelf } from './ollama/models.ts';
import { ollamaApp } from './ollama/server.ts';
import { openAiApp } from './openai/server.ts';
import { jsonFile } from './storage/file.ts';
import { Customers } from './telegram/customer.ts';
import { WebhookDelivery } from './telegram/delivery.ts';
import { SendGovernor, type SendLimits } from './telegram/limits.ts';
import { MethodParams } from './telegram/params.ts';
import { plan, telegramApp } from './telegram/server.ts';
import { TelegramState } from './telegram/state.ts';

export interface SandboxUrls {
  /** Root for `/bot<token>/<method>`. */
  telegram: string;
  ollama: string;
  /** Root above the providers' prefixes: `/openai/v1`, `/glm/api/paas/v4`, `/openrouter/api/v1`, `/groq/openai/v1`, `/vllm/v1`. */
  openai: string;
  /** Root above `/rest/<user>/<code>/`. */
  /** Root above `/v1/messages`. */
  anthropic: string;
  bitrix24: string;
  control: string;
}

export interface SandboxOptions {
  /** Address to bind; 127.0.0.1 when not given. */
  host?: string;
  /** Ports; the system chooses those not given. */
  ports?: Partial<Record<keyof SandboxUrls, number>>;
  /** Folder for what survives a restart: chats, counters, CRM. In memory when not given. */
  dataDir?: string;
  telegram?: {
    /** The bot that control requests mean when they name none. */
    defaultBotId?: number;
    /** 429 for senders who are too quick; off when not given. */
    limits?: SendLimits;
    /** Multiplies the waits between webhook attempts; 1 when not given. */
    webhookRetryScale?: number;
    /** A webhook that has not answered by then has failed; 60 s when not given. */
    webhookTimeoutMs?: number;
  };
  ollama?: { models?: string[]; loadMs?: number };
  openai?: { apiKeys?: string[] };
  /** `limit: null` switches the rate limit off. */
  bitrix24?: { userId?: number; code?: string; limit?: RateLimit | null };
}

export interface Sandbox {
  urls: SandboxUrls;
  /** Cuts all connections, ends what is parked, and writes what is to be kept. */
  close(): Promise<void>;
}

/** Starts every stand-in, each on its own port. Rejects when a port is taken, leaving nothing open. */
export async function startSandbox(options: SandboxOptions = {}): Promise<Sandbox> {
  const { host = '127.0.0.1', ports = {}, dataDir } = options;
  const path = (name: string) => (dataDir === undefined ? undefined : join(dataDir, name));
  const mischief = new Mischief();
  const journal = new Journal();
  const requests = new ModelRequests();
  const exchange = { mischief, journal };

  const state = new TelegramState(jsonFile(path('telegram.json')));
  const governor = new SendGovernor(options.telegram?.limits);
  const customers = new Customers(state);
  const defaultBot = () => {
    const known = Object.values(state.bots);
    const only = known.length === 1 ? known[0]?.id : undefined;
    return options.telegram?.defaultBotId ?? only ?? SANDBOX_DEFAULTS.botId;
  };
  const delivery = new WebhookDelivery(state, {
    retryScale: options.telegram?.webhookRetryScale ?? 1,
    timeoutMs: options.telegram?.webhookTimeoutMs ?? 60_000,
    onReply: (bot, { method, ...params }) => {
      const gone = new AbortController().signal;
      void plan({ governor }, String(method), { state, bot, params: new MethodParams(params), gone }).then(
        ({ commit }) => commit(),
      );
    },
  });

  const portal = new Portal(jsonFile(path('bitrix24.json')));
  const {
    limit = SANDBOX_DEFAULTS.bitrixLimit,
    userId = SANDBOX_DEFAULTS.bitrixUserId,
    code = SANDBOX_DEFAULTS.bitrixCode,
  } = options.bitrix24 ?? {};
  const bucket = new LeakyBucket(limit ?? undefined);
  const models = new ModelShelf(options.ollama?.models ?? DEFAULT_MODELS, options.ollama?.loadMs ?? 0);

  const listeners: Partial<Record<keyof SandboxUrls, Listener>> = {};
  const urls = () =>
    Object.fromEntries(
      Object.entries(listeners).map(([name, { url }]) => [name, url]),
    ) as unknown as SandboxUrls;
  const apps = {
    telegram: telegramApp({ ...exchange, state, governor }),
    ollama: ollamaApp({ ...exchange, models, requests, version: '0.12.6' }),
    openai: openAiApp({
      ...exchange,
      requests,
      ...(options.openai?.apiKeys && { apiKeys: options.openai.apiKeys }),
    }),
    anthropic: anthropicApp({ ...exchange, requests }),
    bitrix24: bitrixApp({ ...exchange, portal, bucket, userId, code }),
    control: controlApp({
      state,
      customers,
      governor,
      defaultBot,
      mischief,
      journal,
      requests,
      models,
      portal,
      bucket,
      urls: () => ({ ...urls() }),
    }),
  };

  const close = async () => {
    await delivery.close();
    await mischief.clear();
    await Promise.all(Object.values(listeners).map((listener) => listener.close()));
    state.close();
    portal.close();
  };

  try {
    for (const [name, app] of Object.entries(apps) as [
      keyof SandboxUrls,
      (typeof apps)[keyof SandboxUrls],
    ][]) {
      const listener = await openListener(app, ports[name] ?? 0, host);
      listeners[name] = listener;
      if (name !== 'control') mischief.connect(name, listener);
    }
  } catch (error) {
    await close();
    throw error;
  }
  return { urls: urls(), close };
}
