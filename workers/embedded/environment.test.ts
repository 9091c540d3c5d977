import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { loadSettings } from '../../config/settings.ts';
import {
  type EmbeddedParts,
  embeddedCodec,
  productEnvironment,
  usesRealBot,
  withoutAccounts,
} from './environment.ts';

let dataDir: string;
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), 'dirigent-environment-'));
});
afterEach(() => rmSync(dataDir, { recursive: true, force: true }));

const parts = (): EmbeddedParts => ({
  dataDir,
  databaseUrl: 'postgres://u:p@127.0.0.1:5432/dirigent',
  temporalAddress: '127.0.0.1:7000',
  temporalNamespace: 'default',
  temporalUiUrl: 'http://127.0.0.1:8233',
  sandbox: {
    telegram: 'http://127.0.0.1:1',
    ollama: 'http://127.0.0.1:2',
    openai: 'http://127.0.0.1:3',
    anthropic: 'http://127.0.0.1:6',
    bitrix24: 'http://127.0.0.1:4',
    control: 'http://127.0.0.1:5',
  },
  port: 8080,
});

test('an empty environment gives settings in which every outside service is a stand-in', () => {
  const settings = loadSettings({ env: productEnvironment({}, parts()) });
  const [tenant] = settings.tenants;
  expect(tenant?.channels).toMatchObject([
    { name: 'default', mode: 'webhook', apiRoot: 'http://127.0.0.1:1' },
  ]);
  expect(tenant?.bitrix?.webhookUrl).toMatch(/^http:\/\/127\.0\.0\.1:4\/rest\//);
  for (const { baseUrl } of Object.values(settings.llm.providers))
    expect(baseUrl).toMatch(/127\.0\.0\.1:[23]/);
  expect(settings.publicUrl).toBe('http://127.0.0.1:8080');
  expect(settings.encryption.keys.active?.id).toBe('embedded');
  expect(settings.encryption.uiOrigins).toEqual(['http://127.0.0.1:8233', 'http://localhost:8233']);
  expect(embeddedCodec(dataDir, 8080)).toBe(`http://127.0.0.1:8080/codec/ui/${settings.encryption.uiSecret}`);
});

test('secrets survive a restart and differ between data folders', () => {
  const first = productEnvironment({}, parts());
  expect(productEnvironment({}, parts())).toEqual(first);
  rmSync(join(dataDir, 'secrets'), { recursive: true });
  const other = productEnvironment({}, parts());
  expect(other.API_TOKEN).not.toBe(first.API_TOKEN);
  expect(other.TELEGRAM_WEBHOOK_SECRET).not.toBe(first.TELEGRAM_WEBHOOK_SECRET);
  expect(other.ENCRYPTION_KEYS).not.toBe(first.ENCRYPTION_KEYS);
});

test('what the environment names wins, and a key of its own is never sent to a stand-in', () => {
  const env = {
    OPENAI_API_KEY: 'real-key',
    BITRIX_WEBHOOK_URL: 'https://b24.example/rest/1/code/',
    OLLAMA_URL: 'http://gpu:11434',
    API_TOKEN: 'mine',
    ENCRYPTION_KEYS: 'off',
    TEMPORAL_ADDRESS: 'elsewhere:7233',
  };
  const own = productEnvironment(env, parts());
  expect(own).toMatchObject({ ...env, TEMPORAL_ADDRESS: '127.0.0.1:7000' });
  expect(own.OPENAI_BASE_URL).toBeUndefined();
  expect(own.GLM_BASE_URL).toMatch(/127\.0\.0\.1:3/);
});

test('a real bot token keeps the sandbox out of Telegram and polls, for want of a public address', () => {
  const env = { TELEGRAM_BOT_TOKEN: '123:abc' };
  expect(usesRealBot(env)).toBe(true);
  const own = productEnvironment(env, parts());
  expect(own.TELEGRAM_MODE).toBe('polling');
  expect(own.TELEGRAM_API_ROOT).toBeUndefined();
  expect(usesRealBot({ TELEGRAM_BOT_TOKEN: '' })).toBe(false);
});

test('the scripted conversation sees no account of the environment', () => {
  const env = {
    TELEGRAM_BOT_TOKEN: '1:a',
    OPENAI_API_KEY: 'k',
    BITRIX_WEBHOOK_URL: 'u',
    PATH: '/bin',
    LOG_LEVEL: 'warn',
  };
  expect(withoutAccounts(env)).toEqual({ PATH: '/bin', LOG_LEVEL: 'warn' });
});
