import { describe, expect, it } from 'vitest';
import { redactSecrets } from './redact.ts';

const SECRETS: Array<[string, string, string]> = [
  [
    'a Telegram token in a URL',
    'POST https://api.telegram.org/bot7123456789:AAE-x_yz0123456789abc/getMe failed',
    'AAE-x_yz0123456789abc',
  ],
  ['a short sandbox token in a URL', 'http://127.0.0.1:9/bot1:tiny/getMe', ':tiny'],
  ['a Telegram token in a file URL', 'https://api.telegram.org/file/bot1:abcdef/photos/1.jpg', 'abcdef'],
  ['a bare Telegram token', 'token 7123456789:AAE-x_yz0123456789abc is wrong', 'AAE-x_yz0123456789abc'],
  ['a Bitrix24 webhook', 'https://acme.bitrix24.kz/rest/1/s3cr3tc0de/crm.lead.add.json', 's3cr3tc0de'],
  ['a Bitrix24 v3 webhook', 'https://acme.bitrix24.kz/rest/api/17/s3cr3tc0de/x', 's3cr3tc0de'],
  ['a bearer token', 'authorization: Bearer abc.def-123', 'abc.def-123'],
  ['a database password', 'connect postgres://app:hunter2@db:5432/dirigent', 'hunter2'],
  ['a key in a query', 'GET /search?q=x&api_key=qwerty&n=1', 'qwerty'],
  ['a provider key', 'Incorrect API key provided: sk-proj-abcdefgh1234', 'abcdefgh1234'],
];

describe('redactSecrets', () => {
  it.each(SECRETS)('drops %s', (_what, text, secret) => {
    const clean = redactSecrets(text);
    expect(clean).not.toContain(secret);
    expect(clean).toContain('[redacted]');
    expect(redactSecrets(clean)).toBe(clean);
  });

  it('keeps serialised JSON parseable and the rest of it untouched', () => {
    const line = {
      url: 'https://acme.bitrix24.kz/rest/1/code/',
      note: 'a "quoted" \\ text',
      db: 'postgres://a:b@c/d',
    };
    expect(JSON.parse(redactSecrets(JSON.stringify(line)))).toEqual({
      url: 'https://acme.bitrix24.kz/rest/1/[redacted]/',
      note: 'a "quoted" \\ text',
      db: 'postgres://a:[redacted]@c/d',
    });
  });

  it('leaves times, ports and ordinary sentences alone', () => {
    const text = 'At 12:30 the server 127.0.0.1:7233 answered 200 to /webhooks/telegram/default';
    expect(redactSecrets(text)).toBe(text);
  });
});
