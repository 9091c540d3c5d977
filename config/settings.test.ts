import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { describeSettings } from './describe.ts';
import { SETTING_VARIABLES } from './environment.ts';
import { SettingsError } from './fault.ts';
import { defaultTenant, loadSettings } from './settings.ts';
import type { Environment } from './yaml.ts';

const TOKEN = '7000001:AAE-secretsecretsecret';
const SECRET_KEY = Buffer.alloc(32, 'encrypts').toString('base64');
const ENV = {
  DATABASE_URL: 'postgres://app:hunter2@db.internal:5432/dirigent',
  API_TOKEN: 'api-token-of-ours',
  TELEGRAM_BOT_TOKEN: TOKEN,
  ENCRYPTION_KEYS: `2026:${SECRET_KEY}`,
};

function faultsOf(env: Environment, yaml?: string): SettingsError {
  try {
    loadSettings({ env, yaml });
  } catch (error) {
    if (error instanceof SettingsError) return error;
    throw error;
  }
  throw new Error('accepted');
}

describe('loadSettings', () => {
  it('starts from four variables alone, with a polling channel called default', () => {
    const settings = loadSettings({ env: ENV });
    expect(settings).toMatchObject({
      databaseUrl: ENV.DATABASE_URL,
      temporal: { address: '127.0.0.1:7233', namespace: 'default', taskQueue: 'conversations' },
      port: 8080,
      logLevel: 'info',
      timing: { askTimeoutMs: 259_200_000, crmWaitMs: 10_000, workingOnItMs: 3_000 },
    });
    expect(settings.tenants).toEqual([
      {
        slug: 'default',
        name: 'default',
        defaultLocale: 'ru',
        country: 'KZ',
        currency: 'KZT',
        hooks: {},
        privacy: { leads: 'erase' },
        channels: [
          {
            name: 'default',
            kind: 'telegram',
            token: TOKEN,
            apiRoot: 'https://api.telegram.org',
            mode: 'polling',
          },
        ],
      },
    ]);
  });

  it('takes every variable of the default tenant over the file, field by field', () => {
    const yaml = `
tenants:
  - slug: acme
    channels: [{ name: acme, token: '1:acme' }]
  - slug: default
    country: KG
    channels: [{ name: default, token: '1:file', webhookSecret: file }]
    bitrix: { webhookUrl: 'https://file.bitrix24.kz/rest/1/file/' }
port: 1
`;
    const settings = loadSettings({
      yaml,
      env: {
        ...ENV,
        TEMPORAL_ADDRESS: 'temporal:7233',
        TEMPORAL_NAMESPACE: 'prod',
        TELEGRAM_API_ROOT: 'http://127.0.0.1:9000/',
        TELEGRAM_MODE: 'polling',
        PUBLIC_URL: 'https://bot.example.kz/',
        BITRIX_WEBHOOK_URL: 'https://env.bitrix24.kz/rest/7/code',
        PORT: '9999',
        DATA_DIR: '/var/lib/dirigent',
        LOG_LEVEL: 'debug',
        OLLAMA_URL: 'http://ollama:11434',
      },
    });
    expect(settings.tenants[0]?.channels[0]).toMatchObject({ name: 'acme', token: '1:acme' });
    expect(settings.tenants[1]).toMatchObject({
      slug: 'default',
      country: 'KG',
      channels: [
        {
          name: 'default',
          token: TOKEN,
          apiRoot: 'http://127.0.0.1:9000',
          webhookSecret: 'file',
          mode: 'polling',
        },
      ],
      bitrix: { webhookUrl: 'https://env.bitrix24.kz/rest/7/code/' },
    });
    expect(settings).toMatchObject({
      temporal: { address: 'temporal:7233', namespace: 'prod' },
      publicUrl: 'https://bot.example.kz',
      port: 9999,
      dataDir: '/var/lib/dirigent',
      logLevel: 'debug',
    });
    expect(settings.llm.providers.ollama?.baseUrl).toBe('http://ollama:11434');
  });

  it('adds the default tenant beside those of the file when the environment names a bot', () => {
    const yaml = `tenants: [{ slug: acme, channels: [{ name: acme, token: '1:acme' }] }]`;
    expect(loadSettings({ env: ENV, yaml }).tenants.map(({ slug }) => slug)).toEqual(['acme', 'default']);
    const { TELEGRAM_BOT_TOKEN: _, ...without } = ENV;
    expect(loadSettings({ env: without, yaml }).tenants.map(({ slug }) => slug)).toEqual(['acme']);
  });

  it('takes an empty variable for one that is not set', () => {
    const env = {
      ...ENV,
      TELEGRAM_MODE: '',
      PORT: '',
      PUBLIC_URL: '',
      BITRIX_WEBHOOK_URL: '',
      LOG_LEVEL: '',
    };
    expect(loadSettings({ env })).toEqual(loadSettings({ env: ENV }));
  });

  it("takes the secret of a process's webhook from a variable of its name", () => {
    const secret = 'sixteen-or-more-letters';
    const { tenants } = loadSettings({ env: { ...ENV, HOOK_SECRET_PRICE_CHANGED: secret } });
    expect(tenants[0]?.hooks).toEqual({ price_changed: { secret } });
    const { faults } = faultsOf({ ...ENV, HOOK_SECRET_PRICE_CHANGED: 'short' });
    expect(faults[0]?.where).toMatch(/^HOOK_SECRET_PRICE_CHANGED in the environment/);
    expect(JSON.stringify(faults)).not.toContain('short"');
  });

  it('chooses webhook as soon as there is a secret for it', () => {
    const settings = loadSettings({ env: { ...ENV, TELEGRAM_WEBHOOK_SECRET: 'shhh' } });
    expect(settings.tenants[0]?.channels[0]?.mode).toBe('webhook');
  });

  it('fills a placeholder from the environment and says which name is missing', () => {
    const yaml = `tenants: [{ slug: acme, channels: [{ name: acme, token: "\${ACME_TOKEN}" }] }]`;
    const settings = loadSettings({ env: { ...ENV, ACME_TOKEN: '5:acme' }, yaml });
    expect(settings.tenants[0]?.channels[0]?.token).toBe('5:acme');
    expect(faultsOf(ENV, yaml).faults).toEqual([
      {
        what: 'Environment variable ACME_TOKEN is not set',
        where: 'config.yaml: tenants[0].channels[0].token',
        path: ['tenants', 0, 'channels', 0, 'token'],
      },
    ]);
  });

  it('reports every fault at once, each with the place to put it right', () => {
    const yaml = `
colour: blue
tenants:
  - slug: Acme School
    country: XX
    defaultLocale: de
    channels:
      - { name: a, kind: telegram, mode: webhook }
      - { name: a, token: nonsense }
timing: { askTimeoutMs: 1000, askReminderMs: 2000, crmWaitMs: soon }
llm: { currency: dollars }
`;
    const error = faultsOf({ PORT: '99999', LOG_LEVEL: 'loud', TEMPORAL_ADDRESS: 'nowhere' }, yaml);
    const where = error.faults.map((fault) => fault.where);
    expect(where).toEqual(
      expect.arrayContaining([
        'DATABASE_URL in the environment, or config.yaml: databaseUrl',
        'API_TOKEN in the environment, or config.yaml: apiToken',
        'ENCRYPTION_KEYS in the environment, or config.yaml: encryption.keys',
        'PORT in the environment, or config.yaml: port',
        'LOG_LEVEL in the environment, or config.yaml: logLevel',
        'TEMPORAL_ADDRESS in the environment, or config.yaml: temporal.address',
        'config.yaml: colour',
        'config.yaml: tenants[0].slug',
        'config.yaml: tenants[0].country',
        'config.yaml: tenants[0].defaultLocale',
        'config.yaml: tenants[0].channels[0].token',
        'config.yaml: tenants[0].channels[0].webhookSecret',
        'config.yaml: tenants[0].channels[1].token',
        'config.yaml: tenants[0].channels[1].name',
        'config.yaml: timing.askReminderMs',
        'config.yaml: timing.crmWaitMs',
        'config.yaml: llm',
      ]),
    );
    expect(where).toHaveLength(17);
    for (const place of where) expect(error.message).toContain(place);
  });

  it('refuses a webhook channel without its secret, and names the variable', () => {
    const error = faultsOf({ ...ENV, TELEGRAM_MODE: 'webhook' });
    expect(error.message).toContain('TELEGRAM_WEBHOOK_SECRET');
    expect(error.faults).toHaveLength(1);
  });

  it('refuses a chosen channel without its token, and an installation without any channel', () => {
    const { TELEGRAM_BOT_TOKEN: _, ...without } = ENV;
    expect(faultsOf({ ...without, TELEGRAM_MODE: 'polling' }).message).toContain('TELEGRAM_BOT_TOKEN');
    expect(faultsOf(without).message).toContain('set TELEGRAM_BOT_TOKEN');
  });

  it.each([
    ['broken YAML', 'tenants: [{ token: "1:topsecret"'],
    ['a list at the top', '- 1:topsecret'],
    ['a token of the wrong form', 'tenants: [{ slug: a, channels: [{ name: a, token: topsecret }] }]'],
    ['a webhook that is none', 'tenants: [{ slug: a, bitrix: { webhookUrl: "https://x/topsecret" } }]'],
    ['a key twice', 'apiToken: topsecret\napiToken: topsecret'],
  ])('never shows a value: %s', (_what, yaml) => {
    expect(faultsOf({ ...ENV, API_TOKEN: 'top secret' }, yaml).message).not.toMatch(/topsecret|top secret/);
  });

  it('survives any shape of file', () => {
    for (const yaml of [
      'tenants: 5',
      'tenants: [5]',
      'tenants: [{ slug: default, channels: 5 }]',
      'temporal: 7',
      '5',
    ]) {
      expect(faultsOf(ENV, yaml).faults.length).toBeGreaterThan(0);
    }
    expect(loadSettings({ env: ENV, yaml: '' }).tenants).toHaveLength(1);
    expect(loadSettings({ env: ENV, yaml: '# nothing yet' }).tenants).toHaveLength(1);
  });
});

describe('defaultTenant', () => {
  it('is the one called default, else the only one', () => {
    const tenants = (...slugs: string[]) => ({
      tenants: slugs.map(
        (slug) => ({ ...(loadSettings({ env: ENV }).tenants[0] as never as object), slug }) as never,
      ),
    });
    expect(defaultTenant(tenants('a', 'default'))?.slug).toBe('default');
    expect(defaultTenant(tenants('a'))?.slug).toBe('a');
    expect(defaultTenant(tenants('a', 'b'))).toBeUndefined();
  });
});

describe('describeSettings', () => {
  it('prints where things are and none of the secrets', () => {
    const env = {
      ...ENV,
      TELEGRAM_WEBHOOK_SECRET: 'hook-secret',
      BITRIX_WEBHOOK_URL: 'https://acme.bitrix24.kz/rest/1/bitrixcode/',
      OPENAI_API_KEY: 'sk-verysecret',
      CALLBACK_SECRET: 'shared-with-asr',
      HOOK_SECRET_PRICE_CHANGED: 'shared-with-the-price-list',
    };
    const text = JSON.stringify(describeSettings(loadSettings({ env })));
    expect(text).toContain('db.internal:5432/dirigent');
    expect(text).toContain('https://acme.bitrix24.kz');
    for (const secret of [
      'hunter2',
      'secretsecret',
      'hook-secret',
      'bitrixcode',
      'verysecret',
      'shared-with-asr',
      'shared-with-the-price-list',
      'api-token-of-ours',
      SECRET_KEY,
      Buffer.from(SECRET_KEY, 'base64').toString('hex'),
    ]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe('config.example.yaml', () => {
  const yaml = readFileSync(new URL('../config.example.yaml', import.meta.url), 'utf8');
  const env = {
    POSTGRES_PASSWORD: 'x',
    DIRIGENT_API_TOKEN: 'x',
    DIRIGENT_CALLBACK_SECRET: 'x',
    DIRIGENT_ENCRYPTION_KEYS: 'off',
    EXAMPLE_BOT_TOKEN: '1:x',
    EXAMPLE_WEBHOOK_SECRET: 'x',
    EXAMPLE_BITRIX_CODE: 'x',
    OPENAI_API_KEY: 'x',
  };

  it('is accepted as it stands and shows the defaults', () => {
    const settings = loadSettings({ env, yaml });
    const bare = loadSettings({ env: ENV });
    expect(settings.timing).toEqual(bare.timing);
    expect(settings.temporal).toEqual(bare.temporal);
    expect(settings.llm.chain).toEqual(bare.llm.chain);
    expect(settings.llm.breaker).toEqual(bare.llm.breaker);
  });

  it('names every setting and every variable', () => {
    const settings = loadSettings({ env, yaml });
    const written = parseDocument(yaml).toJS() as Record<string, unknown>;
    expect(Object.keys(written).sort()).toEqual(Object.keys(settings).sort());
    const [tenant] = written.tenants as Array<Record<string, unknown>>;
    expect(Object.keys(tenant ?? {}).sort()).toEqual(Object.keys(settings.tenants[0] ?? {}).sort());
    expect(Object.keys(written.timing as object).sort()).toEqual(Object.keys(settings.timing).sort());
    for (const variable of SETTING_VARIABLES.filter((name) => !/^(TELEGRAM|BITRIX)/.test(name))) {
      expect(yaml).toContain(`[${variable}]`);
    }
    for (const variable of [
      'TELEGRAM_BOT_TOKEN',
      'TELEGRAM_API_ROOT',
      'TELEGRAM_WEBHOOK_SECRET',
      'TELEGRAM_MODE',
    ]) {
      expect(yaml).toContain(`[${variable}]`);
    }
  });
});
