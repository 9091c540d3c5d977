import { describe, expect, it } from 'vitest';
import { parseWebhookUrl, redirectTarget } from './endpoint.ts';
import { entityId, parseEnvelope, phpList, phpObject, scrub } from './envelope.ts';
import { classifyAnswer, classifyNoAnswer } from './errors.ts';

describe('classifyAnswer', () => {
  const table = [
    // status, code, read, write
    [503, 'QUERY_LIMIT_EXCEEDED', 'rate_limited', 'rate_limited'],
    [429, 'OPERATION_TIME_LIMIT', 'rate_limited', 'rate_limited'],
    [429, undefined, 'rate_limited', 'rate_limited'],
    [503, 'OVERLOAD_LIMIT', 'unavailable', 'unavailable'],
    [503, undefined, 'unavailable', 'unknown'],
    [502, undefined, 'unavailable', 'unknown'],
    [504, undefined, 'unavailable', 'unknown'],
    [408, undefined, 'unavailable', 'unknown'],
    [500, 'INTERNAL_SERVER_ERROR', 'unavailable', 'unknown'],
    [500, 'ERROR_UNEXPECTED_ANSWER', 'unavailable', 'unknown'],
    [500, '', 'unavailable', 'unknown'],
    [500, 'PORTAL_DELETED', 'misconfigured', 'misconfigured'],
    [401, 'NO_AUTH_FOUND', 'misconfigured', 'misconfigured'],
    [401, 'expired_token', 'misconfigured', 'misconfigured'],
    [401, undefined, 'misconfigured', 'misconfigured'],
    [403, 'insufficient_scope', 'misconfigured', 'misconfigured'],
    [403, 'INVALID_CREDENTIALS', 'misconfigured', 'misconfigured'],
    [403, undefined, 'misconfigured', 'misconfigured'],
    [400, 'ACCESS_DENIED', 'misconfigured', 'misconfigured'],
    [404, 'ERROR_METHOD_NOT_FOUND', 'misconfigured', 'misconfigured'],
    [404, undefined, 'misconfigured', 'misconfigured'],
    [302, undefined, 'misconfigured', 'misconfigured'],
    [400, 'NOT_FOUND', 'refused', 'refused'],
    [400, 'INVALID_ARG_VALUE', 'refused', 'refused'],
    [400, '100', 'refused', 'refused'],
    [400, 'ERROR_CORE', 'refused', 'refused'],
    [400, '', 'refused', 'refused'],
    [400, undefined, 'refused', 'refused'],
    [405, 'ERROR_BATCH_METHOD_NOT_ALLOWED', 'refused', 'refused'],
    [200, 'CRM_FIELD_ERROR_VALUE_NOT_VALID', 'refused', 'refused'],
    [200, 'QUERY_LIMIT_EXCEEDED', 'rate_limited', 'rate_limited'],
    [200, undefined, 'unavailable', 'unknown'],
  ] as const;

  it.each(table)('HTTP %s with %s: a read is %s, a write %s', (status, code, read, write) => {
    const answer = { status, ...(code === undefined ? {} : { code }) };
    expect(classifyAnswer('m', 'read', answer)).toMatchObject({ provider: 'bitrix24', class: read, status });
    expect(classifyAnswer('m', 'write', answer).class).toBe(write);
  });

  it('a limit always says how long to wait, and the portal may ask for longer but not for less', () => {
    const limit = (retryAfterMs?: number) =>
      classifyAnswer('m', 'read', { status: 503, code: 'QUERY_LIMIT_EXCEEDED', retryAfterMs }).retryAfterMs;
    expect([limit(), limit(5), limit(7000)]).toEqual([1000, 1000, 7000]);
    expect(classifyAnswer('m', 'read', { status: 429 }).retryAfterMs).toBeGreaterThan(0);
  });

  it('a code that is not a code cannot smuggle text into the message', () => {
    const { message } = classifyAnswer('m', 'read', { status: 400, code: 'X\nhttps://evil/ y' });
    expect(message).not.toMatch(/[\n]|:\/\//);
  });
});

describe('classifyNoAnswer', () => {
  it.each([
    [{ code: 'ECONNREFUSED' }, 'unavailable'],
    [{ code: 'ENOTFOUND' }, 'unavailable'],
    [{ code: 'UND_ERR_CONNECT_TIMEOUT' }, 'unavailable'],
    [{ code: 'CERT_HAS_EXPIRED' }, 'unavailable'],
    [{ code: 'ETIMEDOUT', syscall: 'connect' }, 'unavailable'],
    [{ code: 'ETIMEDOUT', syscall: 'read' }, 'unknown'],
    [{ code: 'ECONNRESET' }, 'unknown'],
    [{ code: 'UND_ERR_SOCKET' }, 'unknown'],
    [{ code: 'DEADLINE' }, 'unknown'],
    [{}, 'unknown'],
  ] as const)('%j: a write is %s', (fault, write) => {
    expect(classifyNoAnswer('m', 'write', fault).class).toBe(write);
    expect(classifyNoAnswer('m', 'read', fault).class).toBe('unavailable');
  });
});

describe('envelope', () => {
  it.each(['', '<html>', '[]', 'null', '{}', '{"result":', '"text"', '{"time":[]}'])(
    'takes %j for no envelope',
    (body) => {
      expect(parseEnvelope(body)).toBeUndefined();
    },
  );

  it('accepts an error that is empty or a number, an empty time and a byte order mark', () => {
    expect(parseEnvelope('{"error":"","error_description":"Not found"}')).toMatchObject({
      error: '',
      description: 'Not found',
    });
    expect(parseEnvelope('{"error":100,"error_description":[]}')).toMatchObject({ error: '100' });
    expect(parseEnvelope('\uFEFF{"result":false,"time":[],"result_error":[]}')).toMatchObject({
      result: false,
    });
    expect(parseEnvelope('{"result":1,"time":{"operating_reset_at":"1790000600"}}')).toMatchObject({
      operatingResetAt: 1790000600,
    });
  });

  it('reads what PHP makes of empty objects, lists with holes and ids', () => {
    expect(phpObject(phpList(entityId)).parse({ 0: 5, 2: '7' })).toEqual(['5', '7']);
    expect(phpList(entityId).parse([])).toEqual([]);
    expect(entityId.safeParse('0').success).toBe(false);
    expect(entityId.safeParse('12 or 1=1').success).toBe(false);
  });

  it('scrubs what was sent, addresses, numbers and markup from a description', () => {
    const text = scrub('<b>Bad</b> e-mail a@b.kz of Aigerim +7 701 000-00-00 at https://p/rest/1/s3cret/', [
      'Aigerim',
      's3cret',
    ]);
    expect(text).toBe('Bad e-mail … of … … at …');
    expect(scrub('x'.repeat(5000), [])).toHaveLength(200);
  });
});

describe('endpoint', () => {
  it.each([
    'not a url s3cret',
    'http://portal.bitrix24.kz/rest/1/s3cret/',
    'https://portal.bitrix24.kz/rest/s3cret',
    'ftp://127.0.0.1/rest/1/s3cret/',
  ])('refuses %s without quoting it', (url) => {
    const read = () => parseWebhookUrl(url);
    expect(read).toThrow(/BITRIX_WEBHOOK_URL/);
    expect(read).not.toThrow(/s3cret/);
  });

  it('accepts plain http on this machine only, with or without a slash at the end', () => {
    for (const url of ['http://127.0.0.1:8080/rest/1/s3cret/', 'http://localhost/rest/1/s3cret']) {
      expect(parseWebhookUrl(url).url('m').pathname).toBe('/rest/1/s3cret/m.json');
    }
  });

  it('follows a redirect only to the same path on another https host', () => {
    const { url, origin } = parseWebhookUrl('https://old.bitrix24.kz/rest/1/s3cret');
    const from = url('crm.item.add');
    expect(origin).toBe('https://old.bitrix24.kz');
    expect(from.pathname).toBe('/rest/1/s3cret/crm.item.add.json');
    const to = (location: string | null) => redirectTarget(from, location)?.href;
    expect(to(`https://new.bitrix24.kz${from.pathname}?x=1`)).toBe(`https://new.bitrix24.kz${from.pathname}`);
    expect(to(`http://new.bitrix24.kz${from.pathname}`)).toBeUndefined();
    expect(to(`https://127.0.0.1${from.pathname}`)).toBeUndefined();
    expect(to('https://auth.example/login')).toBeUndefined();
    expect(to(from.href)).toBeUndefined();
    expect(to('http://')).toBeUndefined();
    expect(to(null)).toBeUndefined();
  });
});
