import { describe, expect, it } from 'vitest';
import { describeSettings } from './describe.ts';
import { ENV, SECRET_KEY } from './settings.fixture.ts';
import { loadSettings } from './settings.ts';

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
