import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Hook, HookDelivery } from '../deps.ts';
import { TENANT, testApp } from '../testing.ts';

const HOOK: Hook = {
  tenantId: TENANT.id,
  process: 'price_changed',
  secret: 'a-secret-of-the-price-list',
  read(body) {
    const parsed = z.object({ sku: z.string(), event: z.string().optional() }).safeParse(body);
    if (!parsed.success) return { refused: parsed.error };
    const { sku, event } = parsed.data;
    return { input: { sku }, ...(event === undefined ? {} : { id: event }) };
  },
};

function hooked(hook: Hook | undefined = HOOK) {
  const taken: HookDelivery[] = [];
  const { app } = testApp({
    hooks: {
      find: (process, tenant) =>
        process === hook?.process && (tenant ?? 'default') === 'default' ? hook : undefined,
      accept: async (delivery) => {
        taken.push(delivery);
        return { kind: 'stored', workflowId: 'price_changed/hook/1' };
      },
    },
  });
  const post = (body: string, headers: Record<string, string>, path = '/hooks/price_changed') =>
    app.request(path, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'idempotency-key': 'k', ...headers },
      body,
    });
  return { taken, post };
}

const withSecret = { 'x-hook-secret': 'a-secret-of-the-price-list' };
const signature = (body: string, secret = 'a-secret-of-the-price-list') => ({
  'x-hub-signature-256': `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`,
});

describe('a delivery to a webhook', () => {
  it('is acknowledged once it is stored, with the run that it will start', async () => {
    const { post, taken } = hooked();
    const response = await post('{"sku":"K-1","more":true}', withSecret);
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({
      workflow_id: 'price_changed/hook/1',
      process: 'price_changed',
      existing: false,
    });
    expect(taken).toMatchObject([{ tenantId: TENANT.id, key: 'k', input: { sku: 'K-1' } }]);
  });

  it('is not read by somebody who cannot have the secret', async () => {
    const { post, taken } = hooked();
    const refused = [
      await post('{', {}),
      await post('{}', { 'x-hook-secret': 'wrong' }),
      await post('{}', { 'x-hook-secret': '' }),
      await post('{}', { 'x-hub-signature-256': 'sha256=' }),
      await post('{}', signature('{} ')),
      await post('{}', signature('{}', '')),
      // A right secret does not make up for a wrong signature.
      await post('{}', { ...withSecret, ...signature('[]') }),
      await post('{}', withSecret, '/hooks/another'),
      await post('{}', withSecret, '/hooks/price_changed?tenant=another'),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 401));
    expect(taken).toEqual([]);
  });

  it('cannot be signed while no secret is set', async () => {
    const { post } = hooked({ ...HOOK, secret: '' });
    expect((await post('{}', { 'x-hook-secret': '' })).status).toBe(401);
    expect((await post('{}', signature('{}', ''))).status).toBe(401);
  });

  it('may be signed over the very bytes, whatever they mean', async () => {
    const { post } = hooked();
    const body = '{ "sku" : "Кухня \\u0000" }';
    expect((await post(body, signature(body))).status).toBe(202);
  });

  it('is refused with reasons when it is not what the process takes', async () => {
    const { post } = hooked();
    const response = await post('{"sku":1}', withSecret);
    expect(response.status).toBe(422);
    expect(await response.json()).toMatchObject({ errors: [{ pointer: '#/sku' }] });
    expect((await post('{', withSecret)).status).toBe(400);
    expect((await post('{}', { ...withSecret, 'content-type': 'text/plain' })).status).toBe(415);
    expect((await post(`"${'x'.repeat(256 * 1024)}"`, withSecret)).status).toBe(413);
  });

  it('is named by the header, or by its body', async () => {
    const { post, taken } = hooked();
    const unnamed = { ...withSecret, 'idempotency-key': '' };
    expect((await post('{"sku":"K"}', unnamed)).status).toBe(400);
    expect((await post('{"sku":"K"}', { ...withSecret, 'idempotency-key': 'with blank' })).status).toBe(400);
    expect(
      (await post('{"sku":"K","event":"e-7"}', { ...withSecret, 'idempotency-key': 'e-7' })).status,
    ).toBe(202);
    expect(taken.map(({ key }) => key)).toEqual(['e-7']);
  });

  it('is asked for again while it cannot be stored', async () => {
    const { app } = testApp({
      hooks: { find: () => HOOK, accept: () => Promise.reject(new Error('the pool is closed')) },
    });
    const headers = { 'content-type': 'application/json', 'idempotency-key': 'k', ...withSecret };
    const request = { method: 'POST', headers, body: '{"sku":"K"}' };
    const response = await app.request('/hooks/price_changed', request);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
  });
});
