import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { CALLBACK, testApp } from '../testing.ts';

const URL = `/callbacks/${CALLBACK.token}`;
const post = (body: string, headers: Record<string, string> = {}) => ({ method: 'POST', body, headers });
const signed = (body: string, secret: string) => ({
  'X-Hub-Signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

describe('the address of a callback', () => {
  it.each(['HEAD', 'GET'])('answers a probe by %s without telling whether it is one', async (method) => {
    const { app } = testApp();
    for (const path of [URL, '/callbacks/whatever']) {
      expect((await app.request(path, { method })).status).toBe(204);
    }
  });

  it('takes an answer, and says so only once it is stored', async () => {
    const { app, seen } = testApp();
    expect((await app.request(URL, post('{"text":"да"}'))).status).toBe(204);
    expect(seen.callbacks).toEqual([{ text: 'да' }]);
  });

  it('answers a repeated delivery as the first, and one that nobody waits for with 410', async () => {
    for (const [taken, status] of [
      ['repeated', 204],
      ['late', 410],
    ] as const) {
      const { app } = testApp({
        callbacks: { find: async () => CALLBACK.callback, accept: async () => taken },
      });
      expect((await app.request(URL, post('{}'))).status).toBe(status);
    }
  });

  it.each([
    ['a wrong secret', `${CALLBACK.callback.callbackId}.${'x'.repeat(43)}`],
    ['no token of ours', 'nonsense'],
  ])('is unknown with %s, whatever the body', async (_, token) => {
    const { app, seen } = testApp();
    expect((await app.request(`/callbacks/${token}`, post('not JSON'))).status).toBe(404);
    expect(seen.callbacks).toEqual([]);
  });

  it.each(['', '{"text":', '"words"', 'null', '7'])('refuses %j, which holds no answer', async (body) => {
    const { app, seen } = testApp();
    expect((await app.request(URL, post(body))).status).toBe(400);
    expect(seen.callbacks).toEqual([]);
  });

  it('refuses a body that is too large before it is in memory', async () => {
    const { app, seen } = testApp();
    const answer = await app.request(URL, post('[]', { 'content-length': String(100 * 1024 * 1024) }));
    expect(answer.status).toBe(413);
    expect(seen.callbacks).toEqual([]);
  });

  it('asks for another delivery while the answer cannot be stored, and logs no secret', async () => {
    for (const part of ['find', 'accept'] as const) {
      const { app, seen } = testApp({
        callbacks: {
          find: async () => CALLBACK.callback,
          accept: async () => 'stored',
          [part]: () => Promise.reject(new Error('The database is away.')),
        },
      });
      const answer = await app.request(URL, post('{}'));
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).not.toBeNull();
      expect(JSON.stringify(seen.logs)).not.toContain(CALLBACK.callback.secret);
    }
  });
});

describe('a signature', () => {
  const secret = 'shared';
  const body = '{"text":"да"}';

  it.each([
    ['is not asked for where no secret is shared', { secret: undefined, required: false }, {}, 204],
    [
      'proves nothing where no secret is shared',
      { secret: undefined, required: false },
      signed(body, 'x'),
      204,
    ],
    ['may be absent', { secret, required: false }, {}, 204],
    ['is checked when present', { secret, required: false }, signed(body, secret), 204],
    ['of another body is refused', { secret, required: false }, signed('{}', secret), 401],
    ['under another secret is refused', { secret, required: true }, signed(body, 'x'), 401],
    ['is missed where it is required', { secret, required: true }, {}, 401],
    ['that is none is refused', { secret, required: false }, { 'X-Hub-Signature-256': 'sha256=' }, 401],
  ] as const)('%s', async (_, callbackSigning, headers, status) => {
    const { app, seen } = testApp({ callbackSigning });
    expect((await app.request(URL, post(body, headers))).status).toBe(status);
    expect(seen.callbacks).toHaveLength(status === 204 ? 1 : 0);
  });
});
