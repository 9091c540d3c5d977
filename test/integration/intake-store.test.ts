import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { channels, messages, updates } from '../../db/schema/index.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Product, startProduct, WEBHOOK_SECRET } from '../support/product.ts';

describe('what Telegram delivers', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'intake_store' });
    await eventually('the webhook', async () => (await product.outside.telegram.bot()).webhook !== undefined);
  });
  afterAll(() => product.stop());

  const stored = (updateId: number) =>
    eventually(`update ${updateId}`, async () => {
      const [row] = await product.db.select().from(updates).where(eq(updates.updateId, updateId));
      return row;
    });
  const counted = async (outcome: string) => {
    const text = await (await product.api('/metrics')).text();
    const line = text
      .split('\n')
      .find((each) => each.startsWith('dirigent_updates_total') && each.includes(`outcome="${outcome}"`));
    return Number(line?.split(' ').at(-1) ?? 0);
  };
  const post = (body: string) =>
    product.api('/webhooks/telegram/default', {
      method: 'POST',
      body,
      headers: { 'X-Telegram-Bot-Api-Secret-Token': WEBHOOK_SECRET },
    });
  const privateMessage = (id: number, rest: object) => ({
    message: {
      message_id: id,
      date: 1_790_000_000,
      chat: { id, type: 'private' },
      from: { id, is_bot: false, first_name: 'Айгүл' },
      ...rest,
    },
  });

  it('is kept as it came and counted when nobody knows its shape, and holds up nobody', async () => {
    const before = await counted('unknown_shape');
    const shapes = [
      { message: { of: 'the future' } },
      { message: 'not an object' },
      { message: { chat: { id: 'x' }, from: [] } },
      { callback_query: { id: 7, from: null } },
      { my_chat_member: {} },
    ];
    for (const shape of shapes) {
      const { updateId } = await product.outside.telegram.inject(shape);
      expect((await stored(updateId)).raw).toMatchObject(shape);
    }
    expect(await counted('unknown_shape')).toBe(before + shapes.length);
    const chat = product.chat();
    await chat.say('/help');
    await chat.hears(/./);
  });

  it('is kept with a replacement for what the database cannot hold', async () => {
    const chat = product.chat();
    await chat.say('доставка\u0000 и \ud800 половина');
    await eventually('the message', async () => {
      const [row] = await product.db
        .select()
        .from(messages)
        .where(and(eq(messages.chatId, String(chat.id)), eq(messages.direction, 'inbound')));
      return row?.content === 'доставка\ufffd и \ufffd половина';
    });
  });

  it('is kept as it came when a value in it is beyond the database', async () => {
    const id = 77_001;
    for (const date of [99_999_999_999_999, 8_640_000_000_000, -1e300]) {
      const { updateId } = await product.outside.telegram.inject(privateMessage(id, { date, text: 'да' }));
      const row = await stored(updateId);
      expect(row.raw).toMatchObject({ message: { chat: { id } } });
    }
  });

  it('is refused above a megabyte, without a secret or without an id, and never otherwise', async () => {
    expect((await post(JSON.stringify({ update_id: '5000002' }))).status).toBe(400);
    expect((await post('{"update_id": 1')).status).toBe(400);
    expect((await post(JSON.stringify({ update_id: 5_000_003 }))).status).toBe(200);
    const strange = await product.api('/webhooks/telegram/default', {
      method: 'POST',
      body: JSON.stringify({ update_id: 5_000_004 }),
      headers: { 'X-Telegram-Bot-Api-Secret-Token': 'wrong' },
    });
    expect(strange.status).toBe(401);
    // Last: the connection is closed over it.
    const text = 'а'.repeat(600_000);
    expect(
      (await post(JSON.stringify({ update_id: 5_000_001, ...privateMessage(1, { text }) }))).status,
    ).toBe(413);
  });

  it('is delivered again when it could not be stored, and answered once', async () => {
    const chat = product.chat();
    await product.db.execute(
      sql`alter table messages add constraint not_now check (chat_id <> ${sql.raw(`'${chat.id}'`)})`,
    );
    const { updateId } = await chat.say('/help');
    const refused = await eventually('a refusal', async () => {
      const { pending } = await product.outside.telegram.bot();
      return pending.some((update) => update.update_id === updateId) && (await attempts()) > 1;
    });
    expect(refused).toBe(true);
    expect(await product.db.select().from(updates).where(eq(updates.updateId, updateId))).toHaveLength(0);
    await product.db.execute(sql`alter table messages drop constraint not_now`);
    await chat.hears(/./);
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);

    async function attempts() {
      const text = await (await product.api('/metrics')).text();
      const line = text.split('\n').find((each) => /_count\{.*webhooks\/telegram.*status="503"/.test(each));
      return Number(line?.split(' ').at(-1) ?? 0);
    }
  });

  it('makes one customer one row and one order, although replicas store at the same time', async () => {
    const port = await freePort();
    const second = await product.start(['api'], { port });
    const id = 77_100;
    const sent = Array.from({ length: 12 }, (_, n) => n);
    const urls = [product.env.PUBLIC_URL, `http://127.0.0.1:${port}`];
    const answers = await Promise.all(
      sent.map((n) =>
        fetch(`${urls[n % 2]}/webhooks/telegram/default`, {
          method: 'POST',
          headers: { 'X-Telegram-Bot-Api-Secret-Token': WEBHOOK_SECRET },
          // Each update comes twice.
          body: JSON.stringify({
            update_id: 5_100_000 + (n >> 1),
            ...privateMessage(id, { message_id: 1 + (n >> 1), text: '/help' }),
          }),
        }),
      ),
    );
    expect(new Set(answers.map((answer) => answer.status))).toEqual(new Set([200]));
    const rows = await product.db
      .select({ number: messages.number, customerId: messages.customerId })
      .from(messages)
      .where(and(eq(messages.chatId, String(id)), eq(messages.direction, 'inbound')))
      .orderBy(messages.number);
    expect(rows.map((row) => row.number)).toEqual([1, 2, 3, 4, 5, 6]);
    expect(new Set(rows.map((row) => row.customerId)).size).toBe(1);
    await second.stop();
  });

  it('is announced: commands in three languages, and a webhook that is set only when it differs', async () => {
    const { telegram } = product.outside;
    const { commands, webhook } = await telegram.bot();
    const languages = Object.keys(commands).map((key) => key.split('/').at(-1));
    expect(languages.sort()).toEqual(['', 'en', 'kk']);
    for (const menu of Object.values(commands)) {
      expect(menu.map((each) => each.command)).toEqual(expect.arrayContaining(['lead', 'help', 'human']));
    }
    expect(webhook?.url).toBe(`${product.env.PUBLIC_URL}/webhooks/telegram/default`);

    const setTimes = async () => (await product.outside.calls({ method: 'setWebhook' })).length;
    const told = async () => (await product.outside.calls({ method: 'getWebhookInfo' })).length;
    const [before, asked] = [await setTimes(), await told()];
    const again = await product.start(['api'], { port: await freePort() });
    await eventually('the comparison', async () => (await told()) > asked);
    await again.stop();
    expect(await setTimes()).toBe(before);
    const moved = await product.start(['api'], { port: await freePort(), publicUrl: 'http://127.0.0.1:9' });
    await eventually('the new address', async () => (await telegram.bot()).webhook?.url.includes(':9/'));
    await moved.stop();
    expect(await setTimes()).toBe(before + 1);
  });
});

describe('without a public address', () => {
  it('no webhook is set, since any address would be wrong', async () => {
    const product = await startProduct({ name: 'intake_no_url', roles: ['api'], env: { PUBLIC_URL: '' } });
    await eventually('the announcement to end', async () => {
      const [row] = await product.db.select({ account: channels.account }).from(channels);
      return row?.account != null;
    });
    expect((await product.outside.telegram.bot()).webhook).toBeUndefined();
    expect(await product.outside.calls({ method: 'setWebhook' })).toEqual([]);
    await product.stop();
  });
});
