import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { automationEvents, customers, messages, tenants } from '../../db/schema/index.ts';
import { CUSTOMER_STATES, CUSTOMER_TRANSITIONS, isSanctioned } from '../../domain/customer.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

let product: Product;
beforeAll(async () => {
  product = await startProduct({ name: 'customer_states' });
});
afterAll(() => product.stop());

type Chat = ReturnType<Product['chat']>;

const customerOf = async (chat: Chat) => {
  const conversationId = await chat.conversationId();
  const rows = await product.db
    .select({ customer: customers })
    .from(customers)
    .innerJoin(messages, eq(messages.customerId, customers.id))
    .where(eq(messages.conversationId, conversationId))
    .limit(1);
  const found = rows[0]?.customer;
  if (!found) throw new Error('There is no customer yet.');
  return found;
};

const told = async (customerId: string) =>
  (
    await product.db
      .select({ type: automationEvents.eventType, actor: automationEvents.actor })
      .from(automationEvents)
      .where(eq(automationEvents.subject, customerId))
      .orderBy(automationEvents.createdAt)
  ).map(({ type, actor }) => `${type} by ${actor}`);

const inbound = async (chat: Chat) => {
  const rows = await product.db
    .select()
    .from(messages)
    .where(eq(messages.conversationId, await chat.conversationId()))
    .orderBy(messages.number);
  return rows.filter((row) => row.direction === 'inbound');
};

const post = async (path: string, body: unknown) => {
  const response = await product.api(path, { method: 'POST', body: JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};

/** Both wait until the message has been stored and dealt with by the dispatcher. */
const dealtWith = (chat: Chat, count: number) =>
  eventually(`${count} messages dealt with`, async () => {
    const rows = await inbound(chat);
    return rows.length === count && rows.every((row) => row.dispatchedAt !== null) ? rows : false;
  });

const COMPLETE_ORDER = 'Хочу купить шкаф, меня зовут Пётр, телефон +7 701 222 33 44';

describe('the states of customers', () => {
  it('are guarded by the database with the same table', async () => {
    const tenantId = (await product.db.select().from(tenants))[0]?.id ?? '';
    for (const from of CUSTOMER_STATES) {
      for (const to of CUSTOMER_STATES) {
        const row = (state: (typeof CUSTOMER_STATES)[number]) => ({
          state,
          stateBefore: isSanctioned(state) ? ('new' as const) : null,
          suspendedUntil: state === 'suspended' ? new Date() : null,
        });
        const [made] = await product.db
          .insert(customers)
          .values({ tenantId, ...row(from) })
          .returning({ id: customers.id });
        const moving = product.db
          .update(customers)
          .set(row(to))
          .where(eq(customers.id, made?.id ?? ''));
        const moved = await moving.then(
          () => true,
          () => false,
        );
        expect(moved, `${from} to ${to}`).toBe(from === to || CUSTOMER_TRANSITIONS[from][to] !== undefined);
      }
    }
  });
});

describe('a customer', () => {
  it('is new until something is told, registered then, and active by the first run that finishes', async () => {
    const chat = product.chat();
    await chat.say('Сколько стоит доставка по городу?');
    await chat.run('answer', 'succeeded');
    const { id, state } = await customerOf(chat);
    expect(state).toBe('new');
    await chat.say(COMPLETE_ORDER);
    await chat.run('lead', 'succeeded');
    await eventually('an active customer', async () => (await customerOf(chat)).state === 'active');
    expect(await told(id)).toEqual(['customer.registered by customer', 'customer.active by system']);
  });

  it('who is banned is stored and not served, and their open question is withdrawn; lifted, they begin anew', async () => {
    const chat = product.chat();
    await chat.say('Хочу заказать кухню на заказ, меня зовут Анна');
    await chat.hears(/номер/i);
    await chat.run('lead', 'waiting_user');
    const { id } = await customerOf(chat);
    const banned = await post(`/api/v1/customers/${id}/ban`, { reason: 'spam' });
    expect(banned).toMatchObject({ status: 200, body: { state: 'banned', state_before: 'registered' } });
    await chat.run('lead', 'cancelled');
    // It is told that the run has ended.
    await chat.settled();
    const said = (await chat.said()).length;
    await chat.say('8 701 123 45 67');
    await chat.say('Сколько стоит доставка?');
    const stored = await dealtWith(chat, 3);
    expect(stored.map((row) => row.withheld)).toEqual([null, 'banned', 'banned']);
    expect((await chat.runs()).length).toBe(1);
    expect((await chat.said()).length).toBe(said);

    expect((await post(`/api/v1/customers/${id}/lift`, { reason: 'a mistake' })).body.state).toBe(
      'registered',
    );
    expect((await post(`/api/v1/customers/${id}/lift`, { reason: 'again' })).status).toBe(409);
    await chat.say('А сколько стоит самовывоз?');
    await chat.run('answer', 'succeeded');
    // What was withheld is not answered afterwards.
    expect((await chat.runs()).map((run) => run.processId)).toEqual(['lead', 'answer']);
    expect(await told(id)).toEqual([
      'customer.registered by customer',
      'customer.banned by api',
      'customer.lifted by api',
      'customer.active by system',
    ]);
  });

  it('who is suspended hears so once, with the end, in their language; it ends by itself', async () => {
    const chat = product.chat();
    await chat.say('/lang kk');
    await chat.hears('қазақша');
    const { id } = await customerOf(chat);
    const until = new Date(Date.now() + 3_600_000).toISOString();
    await post(`/api/v1/customers/${id}/suspend`, { until, reason: 'insults' });
    await chat.say('Жеткізу қанша тұрады?');
    await chat.hears('тоқтатыла тұрды');
    await chat.say('Алло?');
    const stored = await dealtWith(chat, 3);
    expect(stored.map((row) => row.withheld)).toEqual([null, 'suspended', 'suspended']);
    expect((await chat.said()).length).toBe(2);
    expect((await chat.runs()).length).toBe(0);

    // Its time has come: nothing has run, and the next message is served.
    await product.db
      .update(customers)
      .set({ suspendedUntil: new Date(Date.now() - 1_000) })
      .where(eq(customers.id, id));
    await chat.say('Жеткізу қанша тұрады?');
    await chat.run('answer', 'succeeded');
    expect((await customerOf(chat)).state).toBe('new');
    expect(await told(id)).toEqual(['customer.suspended by api', 'customer.lifted by system']);
  });

  it('who shares the phone of another customer brings a ban along', async () => {
    const [known, other] = [product.chat(), product.chat()];
    const contact = { phone: '+77019998877', firstName: 'Пётр' };
    await known.shareContact(contact);
    await known.hears('');
    await other.say('/start');
    await other.hears('');
    // It asks what is wanted.
    await known.run('lead', 'waiting_user');
    await post(`/api/v1/customers/${(await customerOf(other)).id}/ban`, { reason: 'spam' });
    await other.shareContact(contact);
    await eventually('the ban to follow', async () => (await customerOf(known)).state === 'banned');
    expect((await dealtWith(other, 2)).at(-1)?.withheld).toBe('banned');
    // Nobody reads the reply any more.
    await known.run('lead', 'cancelled');
  });
});

describe('the API', () => {
  it('takes in what a forwarder brings, once, and says what it is told as the bot, once', async () => {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('');
    const account = String(chat.id);
    const body = {
      channel: 'default',
      chat_id: account,
      message_id: 'f-1',
      user: { id: account, first_name: 'Форвард', email: 'Forward@Example.kz', email_verified: true },
      text: '/help',
    };
    const first = await post('/api/v1/messages', body);
    const again = await post('/api/v1/messages', body);
    expect([first.status, again.status]).toEqual([201, 200]);
    expect(again.body).toMatchObject({ message_id: first.body.message_id, existing: true });
    await eventually('help', async () => (await chat.said()).some((text) => text.includes('/status')));
    // What the forwarder has proved of its sender.
    expect((await customerOf(chat)).email).toBe('forward@example.kz');

    const conversation = `/api/v1/conversations/${String(first.body.conversation_id)}`;
    const say = (key: string, text: string) =>
      product.api(`${conversation}/messages`, {
        method: 'POST',
        headers: { 'idempotency-key': key },
        body: JSON.stringify({ text, format: 'markdown' }),
      });
    for (const _ of [1, 2]) expect((await say('k1', 'Ваш заказ **готов**.')).status).toBe(202);
    expect((await say('k1', 'Что-то другое')).status).toBe(409);
    // Stored once the platform has them.
    await eventually('the words', async () => {
      const listed = await product.api(`${conversation}/messages?limit=1`);
      const { messages } = (await listed.json()) as { messages: { direction: string; content: string }[] };
      return messages[0]?.direction === 'outbound' && messages[0].content === 'Ваш заказ готов.';
    });
    expect((await chat.said()).filter((text) => text.includes('готов'))).toHaveLength(1);
    const listedToo = await (await product.api('/api/v1/conversations?channel=default&limit=1')).json();
    expect(listedToo).toMatchObject({ conversations: [{ chat_id: account, unhandled: expect.any(Number) }] });
  });

  it('creates a lead with its push, once per key, corrects it, and has its customer forgotten', async () => {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('');
    const { id: customerId } = await customerOf(chat);
    const create = (body: unknown) =>
      product.api('/api/v1/leads', {
        method: 'POST',
        headers: { 'idempotency-key': '+77012220011' },
        body: JSON.stringify(body),
      });
    const body = { name: 'Ольга', phone: '8 701 222 00 11', need: 'Стол', customer_id: customerId };
    const created = (await (await create(body)).json()) as { lead: { id: string }; push_workflow_id: string };
    expect(created).toMatchObject({
      existing: false,
      lead: { phone: '+77012220011', customer_id: customerId },
    });
    expect(await (await create(body)).json()).toMatchObject({
      existing: true,
      lead: { id: created.lead.id },
    });
    expect((await create({ ...body, need: 'Стул' })).status).toBe(409);
    const lead = async () => (await product.api(`/api/v1/leads/${created.lead.id}`)).json();
    await eventually('the lead in the CRM', async () => ((await lead()) as { crm: unknown }).crm);
    const patched = await product.api(`/api/v1/leads/${created.lead.id}`, {
      method: 'PATCH',
      body: JSON.stringify({ need: 'Большой стол' }),
    });
    expect(await patched.json()).toMatchObject({ need: 'Большой стол', name: 'Ольга' });

    const forget = await product.api(`/api/v1/customers/${customerId}/forget`, {
      method: 'POST',
      headers: { 'idempotency-key': 'f-1' },
    });
    expect(forget.status).toBe(202);
    await eventually('the lead to be empty', async () => {
      const row = (await lead()) as { name: unknown; phone: unknown };
      return row.name === null && row.phone === null;
    });
    expect(await (await product.api(`/api/v1/customers/${customerId}`)).json()).toMatchObject({
      name: null,
      state: 'new',
    });
  });
});
