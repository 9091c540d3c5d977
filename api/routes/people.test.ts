import { describe, expect, it } from 'vitest';
import { authorised, TENANT, testApp } from '../testing.ts';
import { CONVERSATION, CUSTOMER, LEAD_ROW } from '../testing-people.ts';

const NOBODY = '0192a000-0000-7000-8000-0000000000ff';
const FUTURE = '2099-01-31T09:00:00+05:00';

async function ask(method: string, path: string, body?: unknown, headers: Record<string, string> = {}) {
  const { app, seen } = testApp();
  const response = await app.request(`/api/v1${path}`, {
    method,
    headers: authorised(headers),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return { response, seen, json: (await response.json()) as Record<string, unknown> };
}
const KEY = { 'idempotency-key': 'k-1' };

describe('lists of people', () => {
  it.each([
    [
      '/customers?state=banned&limit=2',
      'customers',
      ['customers.list', TENANT.id, 'banned', { limit: 2, after: undefined }],
    ],
    [
      `/conversations?channel=default&customer_id=${CUSTOMER.id}&status=waiting_customer`,
      'conversations',
      [
        'conversations.list',
        TENANT.id,
        { channel: 'default', customerId: CUSTOMER.id, status: 'waiting_customer' },
        { limit: 50, after: undefined },
      ],
    ],
    [
      `/leads?status=partial&since=2026-01-01T00:00:00Z`,
      'leads',
      [
        'leads.list',
        TENANT.id,
        { status: 'partial', since: new Date('2026-01-01T00:00:00Z') },
        { limit: 50, after: undefined },
      ],
    ],
  ])('%s passes its filters on and gives a page', async (path, field, expected) => {
    const { response, seen, json } = await ask('GET', path);
    expect(response.status).toBe(200);
    expect(seen.people).toEqual([expected]);
    expect(json[field]).toHaveLength(1);
    expect(json).toHaveProperty('next_cursor');
  });

  it.each([
    '/customers?state=rich',
    '/conversations?customer_id=7',
    '/conversations?status=open',
    '/leads?status=x',
    '/leads?limit=0',
    '/customers?nme=x',
  ])('refuses %s', async (path) => {
    const { response, seen } = await ask('GET', path);
    expect(response.status).toBe(400);
    expect(seen.people).toEqual([]);
  });

  it.each([
    `/customers/${CUSTOMER.id}`,
    `/conversations/${CONVERSATION.id}`,
    `/leads/${LEAD_ROW.id}`,
    `/conversations/${CONVERSATION.id}/messages`,
  ])('reads %s', async (path) => {
    expect((await ask('GET', path)).response.status).toBe(200);
    expect((await ask('GET', path.replace(/0000000000c./, '0000000000ff'))).response.status).toBe(404);
  });
});

describe('states of a customer', () => {
  it('hands on what is asked for, with who asked', async () => {
    const { response, seen } = await ask('POST', `/customers/${CUSTOMER.id}/suspend`, {
      until: FUTURE,
      reason: 'spam',
    });
    expect(response.status).toBe(200);
    expect(seen.people[0]).toEqual([
      'customers.change',
      TENANT.id,
      CUSTOMER.id,
      { kind: 'suspend', until: new Date(FUTURE), reason: 'spam' },
      { actor: 'api', correlationId: expect.any(String) },
    ]);
  });

  it.each([
    ['a suspension without an end', 'suspend', { reason: 'x' }, 422],
    ['an end that has passed', 'suspend', { reason: 'x', until: '2020-01-01T00:00:00Z' }, 422],
    ['no reason', 'ban', {}, 422],
    ['a change that the table does not allow', 'lift', { reason: 'x' }, 409],
  ])('refuses %s', async (_, action, body, status) => {
    expect((await ask('POST', `/customers/${CUSTOMER.id}/${action}`, body)).response.status).toBe(status);
  });

  it('knows no customer of another id', async () => {
    expect((await ask('POST', `/customers/${NOBODY}/ban`, { reason: 'x' })).response.status).toBe(404);
  });

  it('starts an erasure once per key, for this customer, and notes who wanted it', async () => {
    const { response, seen } = await ask('POST', `/customers/${CUSTOMER.id}/forget`, undefined, KEY);
    expect(response.status).toBe(202);
    expect(seen.starts[0]).toMatchObject({
      process: 'forget',
      input: { customerId: CUSTOMER.id, actor: 'api' },
    });
    expect(seen.events[0]).toMatchObject({
      eventType: 'api.forget_requested',
      subject: CUSTOMER.id,
      actor: 'api',
    });
    expect((await ask('POST', `/customers/${CUSTOMER.id}/forget`)).response.status).toBe(400);
    expect((await ask('POST', `/customers/${NOBODY}/forget`, undefined, KEY)).response.status).toBe(404);
  });
});

describe('saying something as the bot', () => {
  const path = `/conversations/${CONVERSATION.id}/messages`;
  it('hands it on with a hash of the key', async () => {
    const { response, seen } = await ask(
      'POST',
      path,
      { text: 'Готово' },
      { 'idempotency-key': '+77011234567' },
    );
    expect(response.status).toBe(202);
    expect(seen.people[0]?.[1]).toMatchObject({ text: 'Готово', format: 'plain', by: { actor: 'api' } });
    expect(JSON.stringify(seen.people[0])).not.toContain('7011234567');
  });

  it.each([
    ['nothing to say', { text: ' ' }, KEY, 422],
    ['no key', { text: 'x' }, {}, 400],
    ['a key that said something else', { text: 'other' }, KEY, 409],
    ['an engine that is away', { text: 'later' }, KEY, 503],
  ])('refuses %s', async (_, body, headers, status) => {
    expect((await ask('POST', path, body, headers as Record<string, string>)).response.status).toBe(status);
  });
});

describe('the way in for a forwarder', () => {
  const message = { channel: 'default', chat_id: '7', message_id: '1', user: { id: '7', first_name: 'A' } };
  it('takes a text or a contact', async () => {
    const { response, seen } = await ask('POST', '/messages', { ...message, text: 'Привет' });
    expect(response.status).toBe(201);
    expect(seen.people[0]?.[1]).toMatchObject({
      chatId: '7',
      text: 'Привет',
      user: { id: '7', firstName: 'A' },
    });
    const card = { ...message, contact: { phone: '+77011234567', own: true } };
    expect((await ask('POST', '/messages', card)).response.status).toBe(201);
  });

  it("takes the sender's e-mail, as proved only where the forwarder says so", async () => {
    const from = async (user: object) => {
      const body = { ...message, text: 'x', user: { ...message.user, ...user } };
      return (await ask('POST', '/messages', body)).seen.people[0]?.[1];
    };
    const address = 'anna@example.kz';
    expect(await from({ email: address })).toMatchObject({ user: { email: { address, verified: false } } });
    expect(await from({ email: address, email_verified: true })).toMatchObject({
      user: { email: { address, verified: true } },
    });
  });

  it('says so when it was stored before', async () => {
    const { response, json } = await ask('POST', '/messages', { ...message, message_id: 'seen', text: 'x' });
    expect([response.status, json.existing]).toEqual([200, true]);
  });

  it.each([
    ['neither text nor contact', message, 422],
    ['both', { ...message, text: 'x', contact: { phone: '+77011234567' } }, 422],
    ['an unknown channel', { ...message, channel: 'x', text: 'x' }, 404],
    ['what is no e-mail', { ...message, text: 'x', user: { id: '7', email: 'anna' } }, 422],
    ['a control character in an id', { ...message, chat_id: 'a\u0000', text: 'x' }, 422],
  ])('refuses %s', async (_, body, status) => {
    expect((await ask('POST', '/messages', body)).response.status).toBe(status);
  });
});

describe('leads', () => {
  it('are created with their push, once per key', async () => {
    const { response, json, seen } = await ask('POST', '/leads', { name: 'Анна', phone: '87011234567' }, KEY);
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe(`/api/v1/leads/${LEAD_ROW.id}`);
    expect(json).toMatchObject({
      push_workflow_id: `crm_push/${LEAD_ROW.id}`,
      lead: { number: 17, crm: { id: '5' } },
    });
    expect(seen.people[0]?.[1]).toMatchObject({ fields: { name: 'Анна', phone: '87011234567' } });
  });

  it('are told which of their fields the caller has proved', async () => {
    const { response, seen } = await ask(
      'POST',
      '/leads',
      { phone: '87011234567', verified: ['phone'] },
      KEY,
    );
    expect(response.status).toBe(201);
    expect(seen.people[0]?.[1]).toMatchObject({ proved: ['phone'], fields: { phone: '87011234567' } });
  });

  it.each([
    ['conflict', 409],
    ['no_customer', 404],
    ['bad_phone', 422],
    ['unavailable', 503],
  ])('%s is a problem', async (name, status) => {
    expect((await ask('POST', '/leads', { name, phone: '87011234567' }, KEY)).response.status).toBe(status);
  });

  it('need a phone or an e-mail, and a key', async () => {
    expect((await ask('POST', '/leads', { name: 'x' }, KEY)).response.status).toBe(422);
    expect((await ask('POST', '/leads', { email: 'a@example.kz' })).response.status).toBe(400);
  });

  it('are corrected field by field', async () => {
    const path = `/leads/${LEAD_ROW.id}`;
    const { response, seen } = await ask('PATCH', path, { need: 'Стол' });
    expect(response.status).toBe(200);
    expect(seen.people[0]?.[1]).toMatchObject({ leadId: LEAD_ROW.id, fields: { need: 'Стол' } });
    expect((await ask('PATCH', path, {})).response.status).toBe(422);
    expect((await ask('PATCH', path, { phone: '00000' })).response.status).toBe(422);
    expect((await ask('PATCH', `/leads/${NOBODY}`, { need: 'x' })).response.status).toBe(404);
  });
});
