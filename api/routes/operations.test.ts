import { Counter, Registry } from 'prom-client';
import { describe, expect, it } from 'vitest';
import { testApp } from '../testing.ts';

describe('operations', () => {
  it('is alive whatever its dependencies do', async () => {
    const { app } = testApp({ readiness: [{ name: 'x', check: () => Promise.reject(new Error('down')) }] });
    const response = await app.request('/health');
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ status: 'ok' });
  });

  it('is ready only when every dependency is, and names each with its reason', async () => {
    const down = new Error('');
    Object.assign(down, { code: 'ECONNREFUSED' });
    const { app } = testApp({
      readiness: [
        { name: 'postgres', check: async () => {} },
        { name: 'temporal', check: () => Promise.reject(down) },
        {
          name: 'telegram',
          check: () => Promise.reject(new Error('GET https://t/bot1:sekret/getMe failed\nat x')),
        },
        // Never ends by itself and ignores the signal: the probe must not hang with it.
        { name: 'slow', check: () => new Promise(() => {}), timeoutMs: 20 },
      ],
    });
    const response = await app.request('/ready');
    expect(response.status).toBe(503);
    const body = (await response.json()) as { status: string; checks: Array<Record<string, unknown>> };
    expect(body.status).toBe('not_ready');
    expect(body.checks).toEqual([
      { name: 'postgres', ok: true, ms: expect.any(Number) },
      { name: 'temporal', ok: false, reason: 'ECONNREFUSED', ms: expect.any(Number) },
      {
        name: 'telegram',
        ok: false,
        reason: 'GET https://t/bot1:[redacted]/getMe failed',
        ms: expect.any(Number),
      },
      { name: 'slow', ok: false, reason: 'no answer within 20 ms', ms: expect.any(Number) },
    ]);
  });

  it('asks each dependency once for probes that come together, and again later', async () => {
    let asked = 0;
    const { app } = testApp({
      readiness: [
        {
          name: 'x',
          check: async () => {
            asked++;
          },
        },
      ],
    });
    const answers = await Promise.all([app.request('/ready'), app.request('/ready'), app.request('/ready')]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200, 200]);
    expect(asked).toBe(1);
    await app.request('/ready');
    expect(asked).toBe(2);
  });

  it('tells version, commit and build time', async () => {
    const { app } = testApp();
    const response = await app.request('/version');
    expect(await response.json()).toEqual({
      version: '1.2.3',
      commit: 'abc',
      built_at: '2026-01-31T09:00:00Z',
    });
  });

  it('shows the metrics it was given and the duration of requests by route pattern', async () => {
    const metrics = new Registry();
    new Counter({ name: 'dirigent_things_total', help: 'x', registers: [metrics] }).inc(3);
    const { app } = testApp({ metrics });
    await app.request('/webhooks/telegram/default?secret=abc', { method: 'POST' });
    await app.request('/no/such/path');
    const response = await app.request('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain');
    const text = await response.text();
    expect(text).toContain('dirigent_things_total 3');
    expect(text).toContain('endpoint="/webhooks/telegram/:channel",method="POST",status="401"');
    expect(text).toContain('endpoint="none",method="GET",status="404"');
    expect(text).not.toContain('no/such/path');
  });

  it('can be created twice on one registry', () => {
    const metrics = new Registry();
    testApp({ metrics });
    expect(() => testApp({ metrics })).not.toThrow();
  });
});
