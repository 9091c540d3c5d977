import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import * as z from 'zod';
import type { ProviderError } from '../../../domain/failure.ts';
import { type BitrixCall, type BitrixClientOptions, createBitrixClient } from './client.ts';
import type { Effect } from './errors.ts';
import { createLimiter, type Limiter } from './limiter.ts';
import { answering, brokenPortal, CODE, deadPortal, portal } from './portals.fixture.ts';

/** Lets everything pass and keeps the pauses. */
function openLimiter(): Limiter & { pauses: number[] } {
  const pauses: number[] = [];
  return { pauses, acquire: async () => {}, pause: (ms) => void pauses.push(ms) };
}

const never = new AbortController().signal;
const callOf = (effect: Effect, signal = never): BitrixCall<z.ZodNumber> => ({
  method: 'crm.item.add',
  params: { fields: { name: 'Aigerim' } },
  effect,
  result: z.number(),
  signal,
});

const failing = (options: BitrixClientOptions, effect: Effect, signal = never): Promise<ProviderError> =>
  createBitrixClient({ limiter: openLimiter(), ...options })
    .call(callOf(effect, signal))
    .then(
      () => Promise.reject(new Error('The call succeeded.')),
      (error) => error,
    );

describe('an answer', () => {
  it('is a JSON POST to the method, with its result checked', async () => {
    const { url, asked } = await answering(200, '{"result":7,"time":{"operating":0.1}}');
    const client = createBitrixClient({ webhookUrl: url });
    await expect(client.call(callOf('write'))).resolves.toBe(7);
    expect(asked).toEqual([{ fields: { name: 'Aigerim' } }]);
    expect(client.origin).toBe(new URL(url).origin);
  });

  it.each([
    [503, '<html><body>Service Unavailable</body></html>', 'unknown', 'unavailable'],
    [502, '', 'unknown', 'unavailable'],
    [500, '{"error":"INTERNAL_SERVER_ERROR","error_description":""}', 'unknown', 'unavailable'],
    [200, '<html>captive portal</html>', 'unknown', 'unavailable'],
    [200, '{"result":{"unexpected":[]}}', 'unknown', 'unavailable'],
    [200, '{"result":', 'unknown', 'unavailable'],
    [200, '\u0000\u0001garbage', 'unknown', 'unavailable'],
    [400, '{"error":"","error_description":"Not found"}', 'refused', 'refused'],
    [400, '{"error":100,"error_description":"expects array","result_error":[]}', 'refused', 'refused'],
    [
      401,
      '{"error":"NO_AUTH_FOUND","error_description":"Wrong authorization data"}',
      'misconfigured',
      'misconfigured',
    ],
    [403, '{"error":"insufficient_scope","error_description":""}', 'misconfigured', 'misconfigured'],
    [
      503,
      '{"error":"QUERY_LIMIT_EXCEEDED","error_description":"Too many requests"}',
      'rate_limited',
      'rate_limited',
    ],
  ])('%s %s: a write is %s, a read %s', async (status, body, write, read) => {
    const { url, asked } = await answering(status, body);
    const error = await failing({ webhookUrl: url }, 'write');
    expect(error).toMatchObject({ name: 'ProviderError', class: write, status });
    expect(asked).toHaveLength(1);
    expect(await failing({ webhookUrl: url }, 'read')).toMatchObject({ class: read });
  });

  it('never shows the credential or what was sent, whatever the portal writes back', async () => {
    const { url } = await answering(
      400,
      JSON.stringify({ error: 'ERROR_CORE', error_description: `Aigerim at /rest/1/${CODE}/ is wrong` }),
    );
    const refused = await failing({ webhookUrl: url }, 'write');
    const unreachable = await failing({ webhookUrl: `http://127.0.0.1:1/rest/1/${CODE}/` }, 'write');
    for (const error of [refused, unreachable]) {
      const shown = `${error.stack} ${JSON.stringify(error)} ${String(error.cause)}`;
      expect(shown).not.toContain(CODE);
      expect(shown).not.toContain('Aigerim');
    }
  });
});

describe('a limit', () => {
  it('pauses the budget longer with each refusal, and anew after a success', async () => {
    let served = 0;
    const app = new Hono().post('*', (c) => {
      served += 1;
      return served === 4 ? c.json({ result: 1 }) : c.json({ error: 'QUERY_LIMIT_EXCEEDED' }, 503);
    });
    let time = 0;
    const limiter = openLimiter();
    const client = createBitrixClient({ webhookUrl: await portal(app), limiter, now: () => ++time });
    const waits: unknown[] = [];
    for (let i = 0; i < 5; i += 1) {
      await client.call(callOf('write')).catch((error: ProviderError) => waits.push(error.retryAfterMs));
    }
    expect(waits).toEqual([1000, 2000, 4000, 1000]);
    expect(limiter.pauses).toEqual(waits);
  });

  it('Retry-After of a proxy is obeyed', async () => {
    const { url } = await answering(429, 'slow down', { 'retry-after': '7' });
    const limiter = openLimiter();
    expect(await failing({ webhookUrl: url, limiter }, 'write')).toMatchObject({
      class: 'rate_limited',
      retryAfterMs: 7000,
    });
    expect(limiter.pauses).toEqual([7000]);
  });

  it('a full queue is rate_limited and sends nothing', async () => {
    const { url, asked } = await answering(200, '{"result":1}');
    const limiter = createLimiter({ maxWaitMs: 1000 });
    limiter.pause(60_000);
    const error = await failing({ webhookUrl: url, limiter }, 'write');
    expect(error.class).toBe('rate_limited');
    expect(error.retryAfterMs).toBeGreaterThan(50_000);
    expect(asked).toEqual([]);
  });

  it('an operating limit stops only its method, until the moment of the last success', async () => {
    let spent = false;
    const asked: string[] = [];
    const resetAt = 1_790_000_600;
    const app = new Hono().post('/rest/1/:code/:method', (c) => {
      asked.push(c.req.param('method'));
      if (spent && c.req.param('method') === 'crm.item.add.json') {
        return c.json({ error: 'OPERATION_TIME_LIMIT', error_description: 'blocked' }, 429);
      }
      return c.json({ result: 1, time: { operating_reset_at: resetAt, operating: 479 } });
    });
    let time = (resetAt - 120) * 1000;
    const limiter = openLimiter();
    const client = createBitrixClient({ webhookUrl: await portal(app), limiter, now: () => time });
    await client.call(callOf('write'));
    spent = true;
    await expect(client.call(callOf('write'))).rejects.toMatchObject({
      class: 'rate_limited',
      retryAfterMs: 120_000,
    });
    const calls = asked.length;
    time += 20_000;
    await expect(client.call(callOf('write'))).rejects.toMatchObject({ retryAfterMs: 100_000 });
    expect(asked).toHaveLength(calls);
    await client.call({ ...callOf('read'), method: 'crm.item.list' });
    spent = false;
    time += 100_000;
    await expect(client.call(callOf('write'))).resolves.toBe(1);
    expect(limiter.pauses).toEqual([]);
  });
});

describe('a renamed portal', () => {
  it('gets the same body by POST at its new host', async () => {
    const { url: renamed, asked } = await answering(200, '{"result":9}');
    const app = new Hono().all('*', (c) => c.redirect(new URL(c.req.path, renamed).href, 302));
    const client = createBitrixClient({ webhookUrl: await portal(app) });
    await expect(client.call(callOf('write'))).resolves.toBe(9);
    expect(asked).toEqual([{ fields: { name: 'Aigerim' } }]);
  });

  it('is not followed to a login page, to another host over http, or in circles', async () => {
    for (const location of ['/login/', 'http://portal.example/rest/1/x/crm.item.add.json', '', undefined]) {
      const headers: Record<string, string> = location === undefined ? {} : { location };
      const { url } = await answering(302, '', headers);
      expect(await failing({ webhookUrl: url }, 'write')).toMatchObject({
        class: 'misconfigured',
        status: 302,
      });
    }
    let hits = 0;
    const urls: string[] = [];
    const loop = (to: number) =>
      new Hono().all('*', (c) => {
        hits += 1;
        return c.redirect(new URL(c.req.path, urls[to]).href, 302);
      });
    urls.push(await portal(loop(1)), await portal(loop(0)));
    expect(await failing({ webhookUrl: urls[0] ?? '' }, 'write')).toMatchObject({ class: 'misconfigured' });
    expect(hits).toBe(3);
  });
});

describe('no answer', () => {
  it('connection refused is unavailable, for a write too', async () => {
    expect(await failing({ webhookUrl: await deadPortal() }, 'write')).toMatchObject({
      class: 'unavailable',
    });
  });

  it('a connection reset after the request leaves a write unknown, and sends it once', async () => {
    const { url, requests } = await brokenPortal((socket) => socket.resetAndDestroy());
    expect(await failing({ webhookUrl: url }, 'write')).toMatchObject({ class: 'unknown' });
    expect(requests()).toBe(1);
    expect(await failing({ webhookUrl: url }, 'read')).toMatchObject({ class: 'unavailable' });
  });

  it('a body cut in the middle leaves a write unknown', async () => {
    const { url } = await brokenPortal((socket) => {
      socket.end(
        'HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: 500\r\n\r\n{"result":7',
      );
    });
    expect(await failing({ webhookUrl: url }, 'write')).toMatchObject({ class: 'unknown' });
  });

  it('bytes that are no HTTP leave a write unknown', async () => {
    const { url } = await brokenPortal((socket) => socket.end('SSH-2.0-garbage\r\n'));
    expect(await failing({ webhookUrl: url }, 'write')).toMatchObject({ class: 'unknown' });
  });

  it('a slow portal leaves a write unknown at the deadline, a read unavailable', async () => {
    const { url } = await brokenPortal(() => {});
    expect(await failing({ webhookUrl: url, timeoutMs: 50 }, 'write')).toMatchObject({ class: 'unknown' });
    expect(await failing({ webhookUrl: url, timeoutMs: 50 }, 'read')).toMatchObject({ class: 'unavailable' });
  });

  it('a caller who aborts gets its reason back unless a write was in flight', async () => {
    const reason = new Error('cancelled');
    const abort = new AbortController();
    const { url, requests } = await brokenPortal(() => abort.abort(reason));
    expect(await failing({ webhookUrl: url }, 'write', abort.signal)).toMatchObject({ class: 'unknown' });

    const earlier = AbortSignal.abort(reason);
    const limiter = createLimiter();
    await expect(
      createBitrixClient({ webhookUrl: url, limiter }).call(callOf('write', earlier)),
    ).rejects.toBe(reason);
    expect(requests()).toBe(1);

    const later = new AbortController();
    const reading = await brokenPortal(() => later.abort(reason));
    await expect(
      createBitrixClient({ webhookUrl: reading.url, limiter }).call(callOf('read', later.signal)),
    ).rejects.toBe(reason);
  });
});
