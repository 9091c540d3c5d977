import { describe, expect, it } from 'vitest';
import { SECRET, testApp } from '../testing.ts';

const PATH = '/webhooks/telegram/default';
const headers = (secret: string | undefined = SECRET): Record<string, string> => ({
  'content-type': 'application/json',
  ...(secret === undefined ? {} : { 'X-Telegram-Bot-Api-Secret-Token': secret }),
});
const post = (body: RequestInit['body'], extra: Record<string, string> = {}) => ({
  method: 'POST',
  headers: { ...headers(), ...extra },
  body,
});

describe('POST /webhooks/telegram/{channel}', () => {
  it('answers 200 with an empty body after the update was accepted, under the request id', async () => {
    const { app, seen } = testApp();
    const update = { update_id: 7, message: { text: 'Сәлем' } };
    const response = await app.request(PATH, post(JSON.stringify(update), { 'x-request-id': 'tg-1' }));
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect(seen.accepted).toEqual([{ channel: 'default', update, correlationId: 'tg-1' }]);
  });

  it.each([
    ['an unknown kind', { update_id: 1, brand_new_thing: { deep: [1, null] } }],
    ['nothing but the id', { update_id: 1 }],
    ['fields of the wrong type', { update_id: 1, message: 'no object', edited_message: 4 }],
    ['a negative id', { update_id: -5 }],
    ['dangerous names', JSON.parse('{"update_id":1,"__proto__":{"x":1},"constructor":2}')],
  ])('accepts any shape with an integer update_id: %s', async (_what, update) => {
    const { app, seen } = testApp();
    const response = await app.request(PATH, post(JSON.stringify(update)));
    expect(response.status).toBe(200);
    expect(seen.accepted).toHaveLength(1);
  });

  it('does not care which content type is announced', async () => {
    const { app } = testApp();
    const response = await app.request(PATH, post('{"update_id":1}', { 'content-type': 'text/plain' }));
    expect(response.status).toBe(200);
  });

  it.each([
    ['no JSON', 'hello'],
    ['a truncated body', '{"update_id":1,'],
    ['an empty body', ''],
    ['no update_id', '{"message":{}}'],
    ['a text as update_id', '{"update_id":"1"}'],
    ['a fraction as update_id', '{"update_id":1.5}'],
    ['an update_id beyond integers', '{"update_id":1e300}'],
    ['a list', '[{"update_id":1}]'],
    ['null', 'null'],
    ['a number', '7'],
  ])('refuses %s with 400 and stores nothing', async (_what, body) => {
    const { app, seen } = testApp();
    const response = await app.request(PATH, post(body));
    expect(response.status).toBe(400);
    expect(response.headers.get('content-type')).toBe('application/problem+json');
    expect(seen.accepted).toEqual([]);
  });

  it.each([
    ['without the secret', PATH, undefined],
    ['with a wrong secret', PATH, 'wrong'],
    ['with an empty secret', PATH, ''],
    ['with a prefix of the secret', PATH, SECRET.slice(0, -1)],
    ['for an unknown channel', '/webhooks/telegram/other', SECRET],
    ['for a name of the prototype', '/webhooks/telegram/__proto__', SECRET],
  ])('answers 401 %s, before it looks at the body', async (_what, path, secret) => {
    const { app, seen } = testApp();
    const init =
      secret === undefined
        ? { method: 'POST', body: 'no json' }
        : { ...post('no json'), headers: headers(secret) };
    const response = await app.request(path, init);
    expect(response.status).toBe(401);
    expect(seen.accepted).toEqual([]);
  });

  it('tells a wrong secret and an unknown channel apart by nothing', async () => {
    const { app } = testApp();
    const problems = await Promise.all(
      ['default', 'other'].map(async (channel) => {
        const response = await app.request(`/webhooks/telegram/${channel}`, {
          ...post('{}'),
          headers: headers('wrong'),
        });
        const { instance: _, request_id: __, ...rest } = (await response.json()) as Record<string, unknown>;
        return rest;
      }),
    );
    expect(problems[0]).toEqual(problems[1]);
  });

  it('never takes an empty configured secret for a valid one', async () => {
    const { app } = testApp({
      intake: { channel: () => ({ id: 'x', secret: '' }), accept: async () => 'stored' },
    });
    const response = await app.request(PATH, { ...post('{"update_id":1}'), headers: headers('') });
    expect(response.status).toBe(401);
  });

  it('refuses more than 1 MiB, announced or streamed, and takes just under it', async () => {
    const { app, seen } = testApp();
    const big = JSON.stringify({ update_id: 1, text: 'x'.repeat(1024 * 1024) });
    expect((await app.request(PATH, post(big, { 'content-length': String(big.length) }))).status).toBe(413);
    const stream = new Blob([big]).stream();
    const request = new Request(`http://x${PATH}`, { ...post(stream), duplex: 'half' } as RequestInit);
    expect((await app.request(request)).status).toBe(413);
    expect(seen.accepted).toEqual([]);
    const fits = JSON.stringify({ update_id: 1, text: 'x'.repeat(1024 * 1024 - 100) });
    expect((await app.request(PATH, post(fits))).status).toBe(200);
  });

  it('asks for another delivery when the store fails, and tells nothing about why', async () => {
    const { app, seen } = testApp({
      intake: {
        channel: () => ({ id: 'x', secret: SECRET }),
        accept: async () => {
          throw new Error('relation "updates" at postgres://app:pw@db does not exist');
        },
      },
    });
    const response = await app.request(PATH, post('{"update_id":1}'));
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).not.toMatch(/relation|postgres/);
    expect(seen.logs.some(({ level, fields }) => level === 'error' && fields.err instanceof Error)).toBe(
      true,
    );
  });
});
