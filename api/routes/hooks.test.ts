import { createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import type { Hook, HookDelivery } from '../deps.ts';
import { fingerprint } from '../idempotency.ts';
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
const SECRET = HOOK.secret;
const hmac = (content: string, secret = SECRET) =>
  `sha256=${createHmac('sha256', secret ?? '')
    .update(content)
    .digest('hex')}`;
const now = () => Math.floor(Date.now() / 1_000);

/** Time, name and body. */
const signature = (body: string, secret = SECRET, { at = now(), key = 'k' } = {}) => ({
  'x-hook-timestamp': String(at),
  'x-hook-signature': hmac(`${at}\n${key}\n${body}`, secret),
});
const bodySignature = (body: string, secret = SECRET) => ({ 'x-hub-signature-256': hmac(body, secret) });

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
    expect(taken).toMatchObject([{ tenantId: TENANT.id, key: fingerprint('k'), input: { sku: 'K-1' } }]);
  });

  it('is not read by somebody who cannot have the secret', async () => {
    const { post, taken } = hooked();
    const refused = [
      await post('{', {}),
      await post('{}', { 'x-hook-secret': 'wrong' }),
      await post('{}', { 'x-hook-secret': '' }),
      await post('{}', { 'x-hub-signature-256': 'sha256=' }),
      await post('{}', { 'x-hook-signature': 'sha256=' }),
      await post('{}', signature('{} ')),
      await post('{}', bodySignature('{} ')),
      await post('{}', signature('{}', '')),
      // A right signature of the body does not make up for a wrong one of the whole.
      await post('{}', { ...bodySignature('{}'), ...signature('[]') }),
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
    expect((await post('{}', bodySignature('{}', ''))).status).toBe(401);
  });

  it('that was overheard is not taken again under another name, nor when it is old', async () => {
    const { post, taken } = hooked();
    const body = '{"sku":"K-1"}';
    const whole = signature(body);
    const old = now() - 301;
    const replayed = [
      await post(body, { ...whole, 'idempotency-key': 'k-2' }),
      await post(body, { ...whole, 'x-hook-timestamp': String(now() + 1) }),
      await post(body, signature(body, SECRET, { at: old })),
      await post(body, signature(body, SECRET, { at: now() + 400 })),
      await post(body, { 'x-hook-signature': hmac(`\nk\n${body}`) }),
    ];
    expect(replayed.map(({ status }) => status)).toEqual(replayed.map(() => 401));
    // Of a body that alone was signed, the body's own name counts, whatever the header says.
    expect((await post(body, bodySignature(body))).status).toBe(400);
    expect(taken).toEqual([]);
    const named = '{"sku":"K-1","event":"e-7"}';
    for (const key of ['k', 'k-2']) await post(named, { ...bodySignature(named), 'idempotency-key': key });
    await post(body, whole);
    expect(taken.map(({ key }) => key)).toEqual(['e-7', 'e-7', 'k'].map(fingerprint));
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
    expect(taken.map(({ key }) => key)).toEqual([fingerprint('e-7')]);
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
