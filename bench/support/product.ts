import { bitrixWebhookUrl, SANDBOX_DEFAULTS } from '../../sandbox/client.ts';
import { freePort } from '../../workers/embedded/ports.ts';
import { ENCRYPTION_KEYS } from './encryption.ts';
import type { Program, Servers } from './servers.ts';

export const WEBHOOK_SECRET = 'bench-secret';

export interface ProductProgram extends Program<{ url: string }> {
  /** Where Telegram delivers, with `WEBHOOK_SECRET`. */
  webhookUrl: string;
  /** The text of /metrics. */
  metrics(): Promise<string>;
}

/**
 * The product in one process with all roles, or, as the Compose file has it, with the API in a process of its own.
 * Rules read what a message wants, and no portal holds it back.
 */
export async function startProduct(servers: Servers, form: 'one' | 'apart' = 'one'): Promise<ProductProgram> {
  const port = await freePort();
  const env = {
    DATABASE_URL: servers.databaseUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    TELEGRAM_BOT_TOKEN: SANDBOX_DEFAULTS.botToken,
    TELEGRAM_API_ROOT: servers.urls.telegram,
    TELEGRAM_MODE: 'webhook',
    TELEGRAM_WEBHOOK_SECRET: WEBHOOK_SECRET,
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    PORT: String(port),
    API_TOKEN: 'bench-token',
    OLLAMA_URL: servers.urls.ollama,
    BITRIX_WEBHOOK_URL: bitrixWebhookUrl(servers.urls.bitrix24),
    DATA_DIR: servers.dataDir,
    LOG_LEVEL: 'error',
    ENCRYPTION_KEYS,
    BENCH_BUNDLE: await servers.bundle('product/workflows.ts'),
    BENCH_CONFIG: JSON.stringify({
      tenants: [{ slug: 'default', bitrix: { requestsPerSecond: 1000 } }],
      intents: 'rules',
    }),
  };
  const start = (over: Record<string, string> = {}) =>
    servers.program<{ url: string }>('product/main.ts', { ...env, ...over });
  const program = await start(form === 'apart' ? { BENCH_ROLES: 'api' } : {});
  if (form === 'apart') await start({ BENCH_ROLES: 'worker,projector', PORT: String(await freePort()) });
  const { url } = program.said;
  return {
    ...program,
    webhookUrl: `${url}/webhooks/telegram/default`,
    metrics: async () => (await fetch(`${url}/metrics`)).text(),
  };
}
