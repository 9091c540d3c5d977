import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { conversations, customerIdentities, customers, messages, updates } from '../../db/schema/index.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct, WEBHOOK_SECRET } from '../support/product.ts';

const bot = (id: number) => `${id}:another-bot`;
const channel = (name: string, id: number) => ({
  name,
  token: bot(id),
  // biome-ignore lint/suspicious/noTemplateCurlyInString: config.yaml takes these from the environment.
  apiRoot: '${TELEGRAM_API_ROOT}',
  // biome-ignore lint/suspicious/noTemplateCurlyInString: config.yaml takes these from the environment.
  webhookSecret: '${TELEGRAM_WEBHOOK_SECRET}',
  mode: 'webhook',
});
const [SECOND, SHOP] = [700_000_002, 700_000_003];

describe('who writes, and to whom', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      name: 'conversation-customers',
      config: {
        tenants: [
          { slug: 'default', channels: [channel('second', SECOND)] },
          { slug: 'shop', channels: [channel('shop', SHOP)] },
        ],
      },
    });
    for (const id of [SECOND, SHOP]) {
      await eventually('the webhook of the bot', async () =>
        product.outside.telegram
          .forBot(id)
          .bot()
          .then(({ webhook }) => webhook !== undefined),
      );
    }
  });
  afterAll(() => product.stop());

  const rows = (chatId: number) =>
    product.db
      .select()
      .from(conversations)
      .where(eq(conversations.chatId, String(chatId)))
      .orderBy(conversations.id);
  const heard = (telegram: Product['outside']['telegram'], chat: number, text: string, after = 0) =>
    telegram.waitForReply(chat, { text, after });

  it('the same person at two bots of one business and at another business is three customers', async () => {
    const id = 9_001;
    const bots = [
      product.outside.telegram,
      product.outside.telegram.forBot(SECOND),
      product.outside.telegram.forBot(SHOP),
    ];
    for (const telegram of bots) {
      await telegram.say(id, '/start');
      await heard(telegram, id, 'помощник');
    }
    const found = await rows(id);
    expect(new Set(found.map((row) => row.customerId)).size).toBe(3);
    expect(new Set(found.map((row) => row.tenantId)).size).toBe(2);
  });

  it('a phone that the platform vouches for joins two chats of one business, with what was asked in both', async () => {
    const [one, other] = [9_011, 9_012];
    const { telegram } = product.outside;
    const second = telegram.forBot(SECOND);
    const shop = telegram.forBot(SHOP);
    await telegram.say(one, '/human');
    const recorded = await heard(telegram, one, '№');
    await telegram.shareContact(one, { phone: '+77015550101', firstName: 'Анна' });
    await second.say(other, '/human');
    const also = await heard(second, other, '№');
    await second.shareContact(other, { phone: '8 701 555 01 01', firstName: 'Анна' });
    await shop.shareContact(other, { phone: '+77015550101', firstName: 'Анна' });
    const [first] = await rows(one);
    await eventually('both chats to be one customer', async () =>
      (await rows(other)).some((row) => row.customerId === first?.customerId),
    );
    // In the conversation that was open already, too.
    await second.say(other, '/cancel');
    await heard(second, other, 'Отмен', also.seq);
    await second.say(other, '/status');
    const status = await heard(second, other, 'Ваши обращения');
    for (const { text } of [recorded, also]) {
      expect(status.text).toContain(/№\d+/.exec(text ?? '')?.[0]);
    }
    const joined = (await rows(other)).filter((row) => row.customerId === first?.customerId);
    expect(joined).toHaveLength(1);
    const identities = await product.db
      .select()
      .from(customerIdentities)
      .where(eq(customerIdentities.customerId, first?.customerId ?? ''));
    expect(identities.map((row) => row.channelUserId).sort()).toEqual([String(one), String(other)]);
  });

  it("a phone that was typed, and somebody else's card, join nobody", async () => {
    const [one, other] = [9_021, 9_022];
    const { telegram } = product.outside;
    await telegram.shareContact(one, { phone: '+77015550202', firstName: 'Пётр' });
    await telegram.say(other, 'Хочу заказать шкаф, меня зовут Пётр, телефон +7 701 555 02 02');
    await heard(telegram, other, '№');
    await telegram.shareContact(other, { phone: '+77015550202', firstName: 'Пётр', own: false });
    await eventually('the card to be stored', async () => (await rows(other))[0]?.lastNumber === 2);
    expect((await rows(other))[0]?.customerId).not.toBe((await rows(one))[0]?.customerId);
    const [typed] = await product.db
      .select()
      .from(customers)
      .where(eq(customers.id, (await rows(other))[0]?.customerId ?? ''));
    expect(typed?.phone).toBeNull();
  });

  it('groups are stored and never answered', async () => {
    const { telegram } = product.outside;
    await telegram.group(-5_001, { title: 'Friends' });
    const { updateId } = await telegram.say(-5_001, 'Где Г1;?', { from: 9_031 });
    await eventually('the update to be stored', async () =>
      (await product.db.select().from(updates).where(eq(updates.updateId, updateId)))[0]?.kind.startsWith(
        'ignored',
      ),
    );
    await telegram.say(9_031, 'Где Г2;?');
    await heard(telegram, 9_031, 'Г2;');
    expect(await rows(-5_001)).toEqual([]);
    expect((await telegram.transcript(-5_001)).messages.filter((m) => m.direction === 'out')).toEqual([]);
  });

  it('who blocks the bot is marked unreachable, until they come back', async () => {
    const { telegram } = product.outside;
    await telegram.say(9_041, '/start');
    await heard(telegram, 9_041, 'помощник');
    const unreachable = async () => {
      const [row] = await rows(9_041);
      const [customer] = await product.db
        .select()
        .from(customers)
        .where(eq(customers.id, row?.customerId ?? ''));
      return customer?.unreachableSince;
    };
    await telegram.block(9_041);
    await eventually('the customer to be unreachable', async () => (await unreachable()) instanceof Date);
    await telegram.unblock(9_041);
    await eventually('the customer to be reachable', async () => (await unreachable()) === null);
  });

  it('an update of an unknown shape is stored as it came, counted, and answered 200', async () => {
    const shapes = [
      { update_id: 990_001, brand_new_thing: { deep: [1, null, { text: 'x' }] } },
      { update_id: 990_002, message: 'not an object' },
      { update_id: 990_003, message: { message_id: 1, chat: { id: 'abc' } } },
      { update_id: 990_004 },
    ];
    const count = async () => {
      const metrics = await (await product.api('/metrics')).text();
      const lines = metrics.split('\n').filter((line) => /unknown_shape/.test(line) && /default/.test(line));
      return lines.reduce((sum, line) => sum + Number(line.split(' ').at(-1)), 0);
    };
    const before = await count();
    for (const shape of shapes) {
      expect((await post(shape)).status).toBe(200);
      const [row] = await product.db.select().from(updates).where(eq(updates.updateId, shape.update_id));
      expect(row?.raw).toEqual(shape);
    }
    expect((await count()) - before).toBe(shapes.length);
    // Again: one row each.
    for (const shape of shapes) expect((await post(shape)).status).toBe(200);
  });

  it('without an integer update_id it is 400, with another secret 401, and nothing is stored', async () => {
    const count = async () => (await product.db.select().from(updates)).length;
    const before = await count();
    for (const bad of [{}, { update_id: '1' }, { update_id: 1.5 }, [], 'x', null]) {
      expect((await post(bad)).status).toBe(400);
    }
    expect((await post({ update_id: 990_010 }, 'wrong')).status).toBe(401);
    expect((await post({ update_id: 990_010 }, '')).status).toBe(401);
    expect((await post({ update_id: 990_010 }, WEBHOOK_SECRET, 'nobody')).status).toBe(401);
    expect(await count()).toBe(before);
  });

  it('every stored message has the twelve fields of a unified message', async () => {
    const [row] = await product.db.select().from(messages).limit(1);
    expect(row).toBeDefined();
    for (const field of [
      'id',
      'tenantId',
      'channel',
      'channelMessageId',
      'channelUserId',
      'customerId',
      'conversationId',
      'direction',
      'contentType',
      'content',
      'metadata',
      'createdAt',
    ] as const) {
      expect(row?.[field], field).not.toBeNull();
    }
  });

  const post = (body: unknown, secret = WEBHOOK_SECRET, name = 'default') =>
    product.api(`/webhooks/telegram/${name}`, {
      method: 'POST',
      body: JSON.stringify(body),
      headers: { 'x-telegram-bot-api-secret-token': secret },
    });
});
