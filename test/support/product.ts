import { randomUUID } from 'node:crypto';
import { Client, Connection } from '@temporalio/client';
import { inject } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { loadSettings, type Settings } from '../../config/settings.ts';
import { connectDatabase } from '../../db/client.ts';
import {
  bitrixWebhookUrl,
  createSandboxClient,
  providerUrls,
  SANDBOX_DEFAULTS,
} from '../../sandbox/client.ts';
import { type SandboxOptions, startSandbox } from '../../sandbox/index.ts';
import { ROLES, type Role, startApp } from '../../workers/app.ts';
import { installRuntime } from '../../workers/sdk-runtime.ts';
import { createDatabase } from '../setup/database.ts';
import { createChat } from './chat.ts';
import { freePort } from './ports.ts';

export const API_TOKEN = 'test-api-token';
export const WEBHOOK_SECRET = 'test-webhook-secret';

export interface ProductOptions {
  /** Names the database; one product per test file. */
  name: string;
  /** Overrides of `timing` in config.yaml, in milliseconds. */
  timing?: Partial<Settings['timing']>;
  env?: Record<string, string>;
  sandbox?: SandboxOptions;
  /** Started with the product; none for tests that start processes of their own. */
  roles?: readonly Role[];
}

const log = createLogger({ level: process.env.TEST_LOG ?? 'error' });
let installed = false;

/** The whole product against the sandbox, on the run's Temporal server and a database of its own. */
export async function startProduct(options: ProductOptions) {
  if (!installed) installRuntime(log);
  installed = true;
  const sandbox = await startSandbox({ telegram: { webhookRetryScale: 0.02 }, ...options.sandbox });
  const outside = createSandboxClient(sandbox.urls.control);
  const databaseUrl = await createDatabase(options.name);
  const port = await freePort();
  const taskQueue = `test-${options.name}-${randomUUID().slice(0, 8)}`;
  const models = providerUrls(sandbox.urls.openai);
  const env: Record<string, string> = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: inject('temporalAddress'),
    TELEGRAM_BOT_TOKEN: SANDBOX_DEFAULTS.botToken,
    TELEGRAM_API_ROOT: sandbox.urls.telegram,
    TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    TELEGRAM_MODE: 'webhook',
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORT: String(port),
    API_TOKEN,
    OLLAMA_URL: sandbox.urls.ollama,
    GLM_BASE_URL: models.glm,
    GLM_API_KEY: SANDBOX_DEFAULTS.apiKey,
    OPENAI_BASE_URL: models.openai,
    OPENAI_API_KEY: SANDBOX_DEFAULTS.apiKey,
    BITRIX_WEBHOOK_URL: bitrixWebhookUrl(sandbox.urls.bitrix24),
    LOG_LEVEL: process.env.TEST_LOG ?? 'error',
    ...options.env,
  };
  const yaml = JSON.stringify({ temporal: { taskQueue }, timing: options.timing ?? {} });
  const settings = loadSettings({ env, yaml });
  const bundle = { codePath: inject('workflowBundle') };
  const build = { version: 'test', commit: 'test', builtAt: null };
  const start = (roles: readonly Role[], over: Partial<Settings> = {}) =>
    startApp({ settings: { ...settings, ...over }, build, log, roles, bundle });

  const roles = options.roles ?? ROLES;
  const app = roles.length > 0 ? await start(roles) : undefined;
  const database = connectDatabase({ url: databaseUrl, name: 'test', max: 3 });
  const connection = await Connection.connect({ address: settings.temporal.address });
  const temporal = new Client({ connection, namespace: settings.temporal.namespace });
  let nextChat = 500;

  return {
    sandbox,
    outside,
    settings,
    /** Environment and config.yaml of this product, for processes of its own. */
    env,
    yaml,
    db: database.db,
    temporal,
    app,
    /** Another process's worth of the product in this one: a second replica, a single role. */
    start,
    /** A customer nobody has met yet. */
    chat: () => createChat({ id: ++nextChat, outside, db: database.db, temporal }),
    api: (path: string, init: RequestInit = {}) =>
      fetch(`http://127.0.0.1:${port}${path}`, {
        ...init,
        headers: {
          authorization: `Bearer ${API_TOKEN}`,
          'content-type': 'application/json',
          ...(init.headers as Record<string, string>),
        },
      }),
    async stop() {
      await app?.stop();
      await connection.close();
      await database.close();
      await sandbox.close();
    },
  };
}

export type Product = Awaited<ReturnType<typeof startProduct>>;
