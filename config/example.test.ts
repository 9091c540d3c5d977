import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { parseDocument } from 'yaml';
import { SETTING_VARIABLES } from './environment.ts';
import { ENV } from './settings.fixture.ts';
import { loadSettings } from './settings.ts';

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
