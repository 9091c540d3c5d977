import { describe, expect, it } from 'vitest';
import { authorised, testApp } from './testing.ts';

const UUID_V7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

describe('request ids', () => {
  it('takes a well-formed one over to answer, problem and log line', async () => {
    const { app, seen } = testApp();
    const response = await app.request('/nothing', { headers: { 'x-request-id': 'caller:42' } });
    expect(response.headers.get('x-request-id')).toBe('caller:42');
    expect(await response.json()).toMatchObject({ request_id: 'caller:42', instance: '/nothing' });
    expect(seen.logs.at(-1)?.fields).toMatchObject({ correlationId: 'caller:42' });
  });

  it.each(['', 'a b', 'x'.repeat(129), '<script>', 'a"b'])('replaces %j by a new UUIDv7', async (id) => {
    const { app } = testApp();
    const response = await app.request('/health', { headers: { 'x-request-id': id } });
    expect(response.headers.get('x-request-id')).toMatch(UUID_V7);
  });
});

describe('problems', () => {
  it.each([
    ['an unknown path', 'GET', '/nothing', 404],
    ['a wrong method', 'DELETE', '/health', 405],
    ['a wrong method of the API', 'PUT', '/api/v1/runs', 405],
    ['a wrong method of the webhook', 'GET', '/webhooks/telegram/default', 405],
  ])('answers %s as RFC 9457 says', async (_what, method, path, status) => {
    const { app } = testApp();
    const response = await app.request(path, { method, headers: authorised() });
    expect(response.status).toBe(status);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await response.json()).toEqual({
      type: expect.stringMatching(/^urn:dirigent:problem:/),
      title: expect.any(String),
      status,
      detail: expect.any(String),
      instance: path,
      request_id: expect.any(String),
    });
    if (status === 405) expect(response.headers.get('allow')).toBeTruthy();
  });

  it('says nothing about an unexpected error except where to look, and logs all of it', async () => {
    const error = new Error('select * from customers at db.internal');
    const fail = () => Promise.reject(error);
    const { app, seen } = testApp({ runs: { list: fail, get: fail, find: fail } });
    const response = await app.request('/api/v1/runs', { headers: authorised({ 'x-request-id': 'r1' }) });
    expect(response.status).toBe(500);
    const text = await response.text();
    expect(text).not.toMatch(/select|customers|internal"?:|db\.internal/);
    expect(JSON.parse(text)).toMatchObject({ request_id: 'r1', type: 'urn:dirigent:problem:internal' });
    expect(seen.logs).toContainEqual(
      expect.objectContaining({
        level: 'error',
        fields: expect.objectContaining({ err: error, correlationId: 'r1' }),
      }),
    );
  });
});

describe('log', () => {
  it('has one line per request, with the route pattern and without query, body or path values', async () => {
    const { app, seen } = testApp();
    await app.request('/api/v1/runs/secret-run?tenant=default&token=secret-query', { headers: authorised() });
    const lines = seen.logs.filter(({ message }) => message === 'request');
    expect(lines).toHaveLength(1);
    expect(lines[0]).toEqual({
      level: 'info',
      message: 'request',
      fields: {
        correlationId: expect.stringMatching(UUID_V7),
        method: 'GET',
        route: '/api/v1/runs/:id',
        status: 400,
        ms: expect.any(Number),
      },
    });
    expect(JSON.stringify(seen.logs)).not.toContain('secret');
  });

  it('keeps probes out of the ordinary log', async () => {
    const { app, seen } = testApp();
    await app.request('/health');
    expect(seen.logs.map(({ level }) => level)).toEqual(['debug']);
  });
});

describe('cross-origin requests', () => {
  const preflight = (origin: string) => ({
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'GET',
      'access-control-request-headers': 'authorization',
    },
  });

  it('are allowed from the configured origins only, preflight without a token', async () => {
    const { app } = testApp({ corsOrigins: ['https://admin.example.kz'] });
    const good = await app.request('/api/v1/runs', preflight('https://admin.example.kz'));
    expect(good.status).toBe(204);
    expect(good.headers.get('access-control-allow-origin')).toBe('https://admin.example.kz');
    const bad = await app.request('/api/v1/runs', preflight('https://evil.example'));
    expect(bad.headers.get('access-control-allow-origin')).toBeNull();
  });

  it('read why they are refused, and the headers that tell where and when to go on', async () => {
    const { app } = testApp({ corsOrigins: ['https://admin.example.kz'] });
    const origin = 'https://admin.example.kz';
    const refused = await app.request('/api/v1/runs', { headers: { origin } });
    expect(refused.status).toBe(401);
    expect(refused.headers.get('access-control-allow-origin')).toBe(origin);
    expect(refused.headers.get('access-control-expose-headers')).toContain('Retry-After');
    const asked = await app.request('/api/v1/runs/x/retry', preflight(origin));
    expect(asked.headers.get('access-control-allow-headers')).toContain('Idempotency-Key');
    expect(asked.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(asked.headers.get('access-control-allow-credentials')).toBeNull();
  });

  it('are not allowed at all by default', async () => {
    const { app } = testApp();
    const response = await app.request('/api/v1/runs', preflight('https://admin.example.kz'));
    expect(response.headers.get('access-control-allow-origin')).toBeNull();
  });
});
