import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import type { Settings } from '../../config/settings.ts';
import { openAlarms } from '../../db/queries/alarms.ts';
import { markPolled } from '../../db/queries/channels.ts';
import { messages } from '../../db/schema/index.ts';
import { openAccounts } from '../../workers/accounts.ts';
import { createAlarms } from '../../workers/watch/alarms.ts';
import { createChannelWatch } from '../../workers/watch/webhooks.ts';
import { createTestDatabase } from '../setup/database.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Product, startProduct } from '../support/product.ts';
import { type Served, serve } from '../support/served.ts';

describe('long polling', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({
      name: 'polling',
      roles: ['worker', 'projector'],
      env: { TELEGRAM_MODE: 'polling', LOG_LEVEL: 'info' },
    });
  });
  afterAll(() => product.stop());

  const inbound = (chat: Chat) =>
    product.db
      .select({ content: messages.content, number: messages.number })
      .from(messages)
      .where(and(eq(messages.chatId, String(chat.id)), eq(messages.direction, 'inbound')))
      .orderBy(messages.number);
  const pendingOf = async () => (await product.outside.telegram.bot()).pending.map((u) => u.update_id);
  const polls = async () => (await product.outside.calls({ method: 'getUpdates' })).length;
  const withMode = (mode: 'webhook' | 'polling'): Partial<Settings> => ({
    tenants: product.settings.tenants.map((tenant) => ({
      ...tenant,
      channels: tenant.channels.map((channel) => ({ ...channel, mode })),
    })),
  });

  it('confirms an update only after it was stored', async () => {
    const api = await product.start(['api']);
    const chat = product.chat();
    await product.db.execute(
      sql`alter table messages add constraint not_now check (chat_id <> ${sql.raw(`'${chat.id}'`)})`,
    );
    const { updateId } = await chat.say('/help');
    const before = await polls();
    await eventually('it to be asked for again', async () => (await polls()) > before + 1);
    expect(await pendingOf()).toContain(updateId);
    await product.db.execute(sql`alter table messages drop constraint not_now`);
    await chat.hears(/./);
    await eventually('it to be confirmed', async () => !(await pendingOf()).includes(updateId));
    await chat.settled();
    expect(await chat.said()).toHaveLength(1);
    await api.stop();
  });

  it('goes on when Telegram restarts its ids after a quiet week', async () => {
    const api = await product.start(['api']);
    const message = (updateId: number, chat: Chat) => ({
      update_id: updateId,
      message: {
        message_id: updateId,
        date: 1_790_000_000,
        chat: { id: chat.id, type: 'private' },
        from: { id: chat.id, is_bot: false, first_name: 'Анна' },
        text: '/help',
      },
    });
    const [high, low] = [product.chat(), product.chat()];
    for (const chat of [high, low]) {
      await chat.say('/help');
      await chat.hears(/./);
    }
    await product.outside.telegram.inject(message(2_000_000_000, high));
    await high.hears(/./);
    await eventually('all to be confirmed', async () => (await pendingOf()).length === 0);
    await product.outside.telegram.inject(message(1_000, low));
    await low.hears(/./, 60_000);
    await api.stop();
  });

  it('takes away a webhook that somebody has set, and moves from polling to webhook and back', async () => {
    const polling = await product.start(['api']);
    const chat = product.chat();
    await chat.say('/help');
    await chat.hears(/./);
    await fetch(`${product.sandbox.urls.telegram}/bot${product.env.TELEGRAM_BOT_TOKEN}/setWebhook`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ url: 'http://127.0.0.1:9/elsewhere' }),
    });
    await eventually('the webhook to be gone', async () => !(await product.outside.telegram.bot()).webhook);
    await chat.say('/help');
    await chat.hears(/./);
    await polling.stop();

    const hooked = await product.start(['api'], withMode('webhook'));
    await eventually('the webhook', async () => (await product.outside.telegram.bot()).webhook);
    await chat.say('/help');
    await chat.hears(/./);
    await hooked.stop();

    const again = await product.start(['api']);
    await chat.say('/help');
    await chat.hears(/./);
    expect((await product.outside.telegram.bot()).webhook).toBeUndefined();
    expect((await inbound(chat)).map((row) => row.number)).toEqual([1, 2, 3, 4]);
    await again.stop();
  });

  it('that nobody does any more is one alarm, over when somebody does', async () => {
    const database = await createTestDatabase('polling-silent');
    const { db } = database;
    const accounts = await openAccounts(db, product.settings);
    const [account] = accounts.all;
    expect(account?.settings.mode).toBe('polling');
    let now = Date.now();
    const watch = createChannelWatch({
      db,
      accounts: accounts.all,
      alarms: createAlarms({ db, notify: false, log: createLogger({ level: 'fatal' }) }),
      log: createLogger({ level: 'fatal' }),
      publicUrl: undefined,
      pendingLimit: 100,
      pollingSilentMs: 180_000,
      now: () => now,
    });
    const look = async () => {
      await watch.run(new AbortController().signal);
      return (await openAlarms(db)).map(({ kind, subject, words }) => [kind, subject, words.minutes]);
    };
    // Just started, nobody can have asked yet.
    expect(await look()).toEqual([]);
    now += 180_000;
    expect(await look()).toEqual([['polling_silent', 'default', 3]]);
    await markPolled(db, account?.channelId ?? '');
    expect(await look()).toEqual([]);
    now += 600_000;
    for (const minutes of [13, 13]) expect(await look()).toEqual([['polling_silent', 'default', minutes]]);
    await accounts.close();
    await database.close();
  });

  it('is done by one replica, and another takes over when it is killed', async () => {
    const replicas = await Promise.all(
      [1, 2].map(async () =>
        serve({
          env: { ...product.env, PORT: String(await freePort()) },
          yaml: product.yaml,
          args: ['--role', 'api'],
        }),
      ),
    );
    const polls = (replica: Served) => replica.lines.some((line) => line.message === 'Polling begins.');
    await Promise.all(replicas.map((replica) => replica.ready()));
    const first = await eventually('one that polls', async () => replicas.find(polls));
    const second = replicas.find((replica) => replica !== first);
    const chat = product.chat();
    await chat.say('/help');
    await chat.hears(/./);
    expect(replicas.filter(polls)).toEqual([first]);

    first.kill('SIGKILL');
    await first.exited;
    await chat.say('/help');
    await chat.hears(/./, 30_000);
    await eventually('its line about it', async () => second && polls(second));
    expect((await inbound(chat)).map((row) => row.number)).toEqual([1, 2]);
    // Two consumers would have ended each other's requests.
    expect(second?.output()).not.toContain('Conflict');
    second?.kill('SIGTERM');
    expect((await second?.exited)?.code).toBe(0);
  });
});
