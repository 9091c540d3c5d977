import { describe, expect, it } from 'vitest';
import { ENV, faultsOf } from './settings.fixture.ts';
import { loadSettings } from './settings.ts';

describe('settings that cannot be', () => {
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
