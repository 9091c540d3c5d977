import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Environment } from '../../config/yaml.ts';
import { bitrixWebhookUrl, providerUrls, SANDBOX_DEFAULTS, type SandboxUrls } from '../../sandbox/client.ts';

export interface EmbeddedParts {
  dataDir: string;
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  temporalUiUrl: string;
  sandbox: SandboxUrls;
  /** Where the API will listen. */
  port: number;
}

/**
 * The environment that the product is configured from: the embedded servers, and a stand-in for every
 * outside service that `env` does not name. With a real bot token the customers are real as well.
 */
export function productEnvironment(env: Environment, parts: EmbeddedParts): Environment {
  const { sandbox } = parts;
  const models = providerUrls(sandbox.openai);
  const own = (name: string) => (env[name] === '' ? undefined : env[name]);
  const hosted = (name: 'GLM' | 'OPENAI', baseUrl: string) =>
    own(`${name}_API_KEY`) === undefined
      ? {
          [`${name}_BASE_URL`]: own(`${name}_BASE_URL`) ?? baseUrl,
          [`${name}_API_KEY`]: SANDBOX_DEFAULTS.apiKey,
        }
      : {};
  return {
    ...env,
    DATABASE_URL: parts.databaseUrl,
    TEMPORAL_ADDRESS: parts.temporalAddress,
    TEMPORAL_NAMESPACE: parts.temporalNamespace,
    DATA_DIR: parts.dataDir,
    PORT: String(parts.port),
    API_TOKEN: own('API_TOKEN') ?? keptSecret(parts.dataDir, 'api-token'),
    ENCRYPTION_KEYS: own('ENCRYPTION_KEYS') ?? `embedded:${keptSecret(parts.dataDir, 'encryption-key', 32)}`,
    CODEC_UI_ORIGINS: own('CODEC_UI_ORIGINS') ?? uiOrigins(parts.temporalUiUrl),
    CODEC_UI_SECRET: codecSecret(parts.dataDir),
    OLLAMA_URL: own('OLLAMA_URL') ?? sandbox.ollama,
    BITRIX_WEBHOOK_URL: own('BITRIX_WEBHOOK_URL') ?? bitrixWebhookUrl(sandbox.bitrix24),
    ...hosted('GLM', models.glm),
    ...hosted('OPENAI', models.openai),
    ...(usesRealBot(env) ? { TELEGRAM_MODE: own('TELEGRAM_MODE') ?? 'polling' } : sandboxBot(parts)),
  };
}

/**
 * The codec endpoint of the embedded UI, which has neither a login nor a way to send our cookie: a secret in the
 * address stands for both. The UI tells it to whoever can open it, as it tells everything else.
 */
export const embeddedCodec = (dataDir: string, port: number): string =>
  `http://127.0.0.1:${port}/codec/ui/${codecSecret(dataDir)}`;

const codecSecret = (dataDir: string): string => keptSecret(dataDir, 'codec-ui');

/** The same page has another origin under the machine's other name. */
const uiOrigins = (url: string): string => [url, url.replace('127.0.0.1', 'localhost')].join(',');

/** True when the environment names a bot of its own, so that nobody in the terminal can play its customer. */
export const usesRealBot = (env: Environment): boolean => (env.TELEGRAM_BOT_TOKEN ?? '') !== '';

/** The environment without anything that could reach a real account, for the scripted conversation. */
export function withoutAccounts(env: Environment): Environment {
  const accounts =
    /^(TELEGRAM_|BITRIX_|OLLAMA_|OPENAI_|GLM_|OPENROUTER_|GROQ_|ANTHROPIC_|VLLM_|LLM_|CONFIG_FILE$|PUBLIC_URL$|API_TOKEN$|ENCRYPTION_KEYS$|CODEC_)/;
  return Object.fromEntries(Object.entries(env).filter(([name]) => !accounts.test(name)));
}

function sandboxBot({ dataDir, sandbox, port }: EmbeddedParts): Environment {
  return {
    TELEGRAM_BOT_TOKEN: SANDBOX_DEFAULTS.botToken,
    TELEGRAM_API_ROOT: sandbox.telegram,
    TELEGRAM_MODE: 'webhook',
    TELEGRAM_WEBHOOK_SECRET: keptSecret(dataDir, 'webhook-secret'),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
  };
}

/** A random secret that stays the same for as long as the data folder lives. */
function keptSecret(dataDir: string, name: string, bytes = 24): string {
  const file = join(dataDir, 'secrets', name);
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
  const secret = randomBytes(bytes).toString('base64url');
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  writeFileSync(file, secret, { mode: 0o600 });
  return secret;
}
