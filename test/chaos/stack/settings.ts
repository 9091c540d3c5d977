import type { Settings } from '../../../config/settings.ts';
import {
  bitrixWebhookUrl,
  providerUrls,
  SANDBOX_DEFAULTS,
  type SandboxUrls,
} from '../../../sandbox/client.ts';
import { TEST_KEYS } from '../../support/encryption.ts';

export type Timing = Partial<Settings['timing']>;
export const API_TOKEN = 'chaos-api-token';

/** What every process of the product is told; addresses are those of the proxies. */
export function productEnvironment(parts: {
  dataDir: string;
  outside: Omit<SandboxUrls, 'control'>;
  publicUrl: string;
}): Record<string, string> {
  const { outside } = parts;
  const models = providerUrls(outside.openai);
  return {
    DATA_DIR: parts.dataDir,
    DIRIGENT_COMMIT: 'chaos',
    DIRIGENT_BUILD_TIME: '2026-01-31T09:00:00Z',
    LOG_LEVEL: 'warn',
    API_TOKEN,
    ENCRYPTION_KEYS: TEST_KEYS,
    TELEGRAM_BOT_TOKEN: SANDBOX_DEFAULTS.botToken,
    TELEGRAM_API_ROOT: outside.telegram,
    TELEGRAM_MODE: 'webhook',
    TELEGRAM_WEBHOOK_SECRET: 'chaos-webhook-secret',
    PUBLIC_URL: parts.publicUrl,
    OLLAMA_URL: outside.ollama,
    GLM_BASE_URL: models.glm,
    GLM_API_KEY: SANDBOX_DEFAULTS.apiKey,
    OPENAI_BASE_URL: models.openai,
    OPENAI_API_KEY: SANDBOX_DEFAULTS.apiKey,
    BITRIX_WEBHOOK_URL: bitrixWebhookUrl(outside.bitrix24),
    ...(process.env.CHAOS_LOG ? { CHAOS_LOG: process.env.CHAOS_LOG } : {}),
  };
}

/** Nobody waits longer than a sweep can, unless a path wants it. */
const QUICK: Timing = {
  // No word but the answer, so that replies can be counted.
  workingOnItMs: 3_600_000,
  unclearWriteMs: 1_500,
  outagePauseMs: 500,
  outagePauseMaxMs: 2_000,
  secondLookMs: 500,
};

/**
 * config.yaml. What is held takes the places of others, so there are many places; what one customer's script
 * breaks must not be known to another's, so no circuit opens.
 */
export function productYaml(timing: Timing): string {
  const roomy = { concurrency: 200 };
  return JSON.stringify({
    tenants: [{ slug: 'default', bitrix: { requestsPerSecond: 1_000 } }],
    timing: { ...QUICK, ...timing },
    // Doubts are settled while the sweep waits for it.
    sends: { lookAfterMs: 5_000, looks: 1 },
    limits: { api: { perKey: 0, perTenant: 0 }, messages: { perCustomer: 0 } },
    llm: {
      providers: { ollama: roomy, glm: roomy, openai: roomy },
      breaker: { failures: 1_000_000 },
    },
  });
}
