import { describe, expect, it } from 'vitest';
import { ENV, faultsOf, TOKEN } from './settings.fixture.ts';
import { defaultTenant, loadSettings } from './settings.ts';

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
            soleSender: true,
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
