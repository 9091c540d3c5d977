import { Client, Connection } from '@temporalio/client';
import type { WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from '../../config/logger.ts';
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
import { createDataConverter } from '../../workers/encryption/converter.ts';
import type { ProcessDefinition } from '../../workflows/kit/definition.ts';
import { createChat } from './chat.ts';
import { TEST_KEYS } from './encryption.ts';
import { freePort } from './ports.ts';

const API_TOKEN = 'test-api-token';
export const WEBHOOK_SECRET = 'test-webhook-secret';

/** What a test says about the product it wants. */
export interface ProductChoices {
  /** Overrides of `timing` in config.yaml, in milliseconds. */
  timing?: Partial<Settings['timing']>;
  env?: Record<string, string>;
  /** Further settings of config.yaml. */
  config?: Record<string, unknown>;
  sandbox?: SandboxOptions;
  /** Started with the product; none for tests that start processes of their own. */
  roles?: readonly Role[];
  /** Instead of the registry's; the bundle must hold them. */
  processes?: readonly ProcessDefinition[];
}

export interface StackOptions extends ProductChoices {
  temporalAddress: string;
  /** A migrated database of its own. */
  databaseUrl: string;
  taskQueue: string;
  bundle: WorkflowBundleOption;
  log: Logger;
  /** Level of what the product logs, for processes of its own. */
  logLevel?: string;
}

/** The sandbox's portal sets no limit: the default tenant may ask as often as it likes, unless a test says otherwise. */
function withoutLimit(tenants: unknown = [{ slug: 'default' }]): unknown {
  if (!Array.isArray(tenants)) return tenants;
  return tenants.map((tenant: { slug?: unknown; bitrix?: object }) =>
    tenant.slug === 'default'
      ? { ...tenant, bitrix: { requestsPerSecond: 1_000, ...tenant.bitrix } }
      : tenant,
  );
}

/** The whole product against a sandbox of its own, on servers that somebody else has started. */
export async function startStack(options: StackOptions) {
  const { databaseUrl, taskQueue, bundle, log, processes } = options;
  const sandbox = await startSandbox({ telegram: { webhookRetryScale: 0.02 }, ...options.sandbox });
  const outside = createSandboxClient(sandbox.urls.control);
  const port = await freePort();
  const models = providerUrls(sandbox.urls.openai);
  const env: Record<string, string> = {
    DATABASE_URL: databaseUrl,
    TEMPORAL_ADDRESS: options.temporalAddress,
    TELEGRAM_BOT_TOKEN: SANDBOX_DEFAULTS.botToken,
    TELEGRAM_API_ROOT: sandbox.urls.telegram,
    TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    TELEGRAM_MODE: 'webhook',
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORT: String(port),
    API_TOKEN,
    ENCRYPTION_KEYS: TEST_KEYS,
    OLLAMA_URL: sandbox.urls.ollama,
    GLM_BASE_URL: models.glm,
    GLM_API_KEY: SANDBOX_DEFAULTS.apiKey,
    OPENAI_BASE_URL: models.openai,
    OPENAI_API_KEY: SANDBOX_DEFAULTS.apiKey,
    BITRIX_WEBHOOK_URL: bitrixWebhookUrl(sandbox.urls.bitrix24),
    LOG_LEVEL: options.logLevel ?? 'error',
    ...options.env,
  };
  const yaml = JSON.stringify({
    // Tests ask as often as they like, unless they are about limits.
    limits: { api: { perKey: 0, perTenant: 0 }, messages: { perCustomer: 0 } },
    ...options.config,
    tenants: withoutLimit(options.config?.tenants),
    // Sends in doubt stay as they are, unless a test is about them.
    sends: { lookAfterMs: 3_600_000, ...(options.config?.sends as object | undefined) },
    temporal: { taskQueue },
    timing: options.timing ?? {},
  });
  const settings = loadSettings({ env, yaml });
  const build = { version: 'test', commit: 'test', builtAt: null };
  const start = (roles: readonly Role[], over: Partial<Settings> = {}, code = bundle) =>
    startApp({
      settings: { ...settings, ...over },
      build,
      log,
      roles,
      bundle: code,
      ...(processes ? { processes } : {}),
    });

  const roles = options.roles ?? ROLES;
  const app = roles.length > 0 ? await start(roles) : undefined;
  const database = connectDatabase({ url: databaseUrl, name: 'test', max: 3 });
  const connection = await Connection.connect({ address: settings.temporal.address });
  const temporal = new Client({
    connection,
    namespace: settings.temporal.namespace,
    dataConverter: createDataConverter(settings.encryption.keys),
  });
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
    /** Another process's worth of the product in this one: a second replica, a single role, another release. */
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

export type Product = Awaited<ReturnType<typeof startStack>>;
