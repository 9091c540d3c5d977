import { and, eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Settings } from '../../config/settings.ts';
import { messages, rateLimits, updates } from '../../db/schema/index.ts';
import { say } from '../../domain/texts/catalogue.ts';
import { eventually } from '../support/eventually.ts';
import { freePort } from '../support/ports.ts';
import { type Product, startProduct, WEBHOOK_SECRET } from '../support/product.ts';

let product: Product;
let nextUpdate = 2_000_000_000;
let customers: ReturnType<Product['chat']>[];
const nextCustomer = () => customers.pop() ?? product.chat();
beforeAll(async () => {
  // Replicas of the API are started by the tests.
  product = await startProduct({ name: 'overload', roles: ['worker', 'projector'] });
  const first = await product.start(['api']);
  customers = Array.from({ length: 5 }, () => product.chat());
  // The stand-in knows who has written, and so does the product.
  for (const chat of customers) await chat.say('/help');
  for (const chat of customers) await chat.hears(/./);
  for (const chat of customers) await chat.settled();
  await first.stop();
  await product.db.update(messages).set({ createdAt: sql`now() - interval '1 hour'` });
});
afterAll(() => product.stop());

/** A replica of the API, with settings of its own. */
async function replica(over: Partial<Settings> = {}) {
  const port = await freePort();
  const app = await product.start(['api'], { port, ...over });
  const url = `http://127.0.0.1:${port}`;
  return {
    app,
    url,
    /** An update of Telegram's. */
    deliver: (chat: number, text: string, updateId = nextUpdate++) =>
      fetch(`${url}/webhooks/telegram/default`, {
        method: 'POST',
        headers: { 'X-Telegram-Bot-Api-Secret-Token': WEBHOOK_SECRET },
        body: JSON.stringify({
          update_id: updateId,
          message: {
            message_id: updateId,
            date: Math.floor(Date.now() / 1000),
            chat: { id: chat, type: 'private' },
            from: { id: chat, is_bot: false, first_name: 'Айгүл', language_code: 'ru' },
            text,
          },
        }),
      }),
    async check(name: string) {
      const answer = await fetch(`${url}/ready`);
      const { checks } = (await answer.json()) as {
        checks: { name: string; ok: boolean; reason?: string; note?: string }[];
      };
      return { status: answer.status, ...checks.find((check) => check.name === name) };
    },
    async metric(line: string) {
      const text = await (await fetch(`${url}/metrics`)).text();
      return Number(
        text
          .split('\n')
          .find((each) => each.startsWith(line))
          ?.split(' ')
          .at(-1) ?? 0,
      );
    },
  };
}

async function withReplica<T>(
  over: Partial<Settings>,
  work: (one: Awaited<ReturnType<typeof replica>>) => Promise<T>,
) {
  const one = await replica(over);
  try {
    return await work(one);
  } finally {
    await one.app.stop();
  }
}

describe('a customer who writes more than is served', () => {
  it('hears so once, while every message is acknowledged and kept, and others are served', async () => {
    const perCustomer = 5;
    await withReplica(
      { limits: { ...product.settings.limits, messages: { perCustomer, perTenant: 0 } } },
      async (api) => {
        const loud = nextCustomer();
        const quiet = nextCustomer();
        for (let n = 0; n < 20; n++) expect((await api.deliver(loud.id, '/help')).status).toBe(200);
        expect((await api.deliver(quiet.id, '/help')).status).toBe(200);
        await loud.hears(say('ru', 'limit.notice'));
        await quiet.hears(/./);
        const rows = await eventually('all of them decided', async () => {
          const found = await product.db
            .select({ withheld: messages.withheld, at: messages.dispatchedAt })
            .from(messages)
            .where(and(eq(messages.chatId, String(loud.id)), eq(messages.direction, 'inbound')))
            .orderBy(messages.number);
          return found.length === 21 && found.every(({ at }) => at !== null) && found;
        });
        expect(rows.map(({ withheld }) => withheld)).toEqual([
          null,
          ...Array<null>(perCustomer).fill(null),
          ...Array<string>(20 - perCustomer).fill('limited'),
        ]);
        await loud.settled();
        const said = await loud.said();
        expect(said.filter((text) => text === say('ru', 'limit.notice'))).toHaveLength(1);
        expect(said).toHaveLength(1 + perCustomer + 1);
        expect(await api.metric('dirigent_limited_total{limit="customer"}')).toBe(15);
      },
    );
  });
});

describe('who asks the API too often', () => {
  it('hears when to come again, whichever replica is asked, by key and by tenant', async () => {
    const limits = { ...product.settings.limits, api: { perKey: 4, perTenant: 6 } };
    const ask = (url: string, token: string) =>
      fetch(`${url}/api/v1/processes`, { headers: { authorization: `Bearer ${token}` } });
    await withReplica({ limits, apiToken: 'key-one' }, (one) =>
      withReplica({ limits, apiToken: 'key-two' }, (two) =>
        withReplica({ limits, apiToken: 'key-one' }, async (three) => {
          const shared = [];
          for (const { url } of [one, three, one, three, one, three]) shared.push(await ask(url, 'key-one'));
          expect(shared.map(({ status }) => status)).toEqual([200, 200, 200, 200, 429, 429]);
          const refused = shared[4];
          expect(Number(refused?.headers.get('retry-after'))).toBeGreaterThanOrEqual(1);
          expect(Number(refused?.headers.get('retry-after'))).toBeLessThanOrEqual(15);
          expect(refused?.headers.get('content-type')).toBe('application/problem+json');
          expect(await refused?.json()).toMatchObject({ type: 'urn:dirigent:problem:too-many-requests' });

          // Another key has a share of its own, and the tenant's is what the other one left.
          const others = [];
          for (let n = 0; n < 3; n++) others.push((await ask(two.url, 'key-two')).status);
          expect(others).toEqual([200, 200, 429]);
          expect(await two.metric('dirigent_limited_total{limit="api_tenant"}')).toBe(1);
          // Who is refused a token takes nothing.
          expect((await ask(one.url, 'wrong')).status).toBe(401);

          await product.db.update(rateLimits).set({ restedAt: sql`now() - interval '1 hour'` });
          expect((await ask(three.url, 'key-one')).status).toBe(200);
          const kept = await product.db.select().from(rateLimits);
          expect(JSON.stringify(kept)).not.toMatch(/key-one|key-two/);
        }),
      ),
    );
  });
});

describe('while the engine is away', () => {
  it('what comes in is stored up to a budget, then asked for again; afterwards everything is answered in order', async () => {
    const chat = nextCustomer();
    const away = { ...product.settings.temporal, address: `127.0.0.1:${await freePort()}` };
    // Three messages, at two kilobytes each.
    const limits = { ...product.settings.limits, backlogMb: 5_000 / 1024 ** 2 };
    const refused = nextUpdate + 100;
    await withReplica({ temporal: away, limits }, async (api) => {
      for (const text of ['/help', '/status', '/help'])
        expect((await api.deliver(chat.id, text)).status).toBe(200);
      await eventually('a full budget', async () => (await api.check('intake')).ok === false);
      expect((await api.check('intake')).reason).toMatch(/budget on disk: 3 messages, 0\.0 of 0\.0 MB/);
      const answer = await api.deliver(chat.id, '/lang kk', refused);
      expect(answer.status).toBe(503);
      expect(answer.headers.get('retry-after')).toBe('5');
      expect(await api.metric('dirigent_intake_refused_total{reason="backlog"}')).toBe(1);
      expect(await api.metric('dirigent_backlog_messages')).toBe(3);
    });
    await withReplica({ limits }, async (api) => {
      await eventually('room', async () => (await api.deliver(chat.id, '/lang kk', refused)).status === 200);
      await chat.settled();
      await eventually('four answers', async () => (await chat.said()).length >= 5);
      await eventually(
        'no backlog',
        async () => (await api.check('intake')).ok && (await api.metric('dirigent_backlog_messages')) === 0,
      );
    });
    const said = await chat.said();
    expect(said[3]).toBe(said[1]);
    expect(said[2]).not.toBe(said[1]);
  });
});

describe('a database that takes nothing', () => {
  it('because its disk is full is told of, and works again by itself when there is room', async () => {
    await withReplica({}, async (api) => {
      const chat = nextCustomer();
      expect((await api.deliver(chat.id, '/help')).status).toBe(200);
      await product.db.execute(sql`
        create function no_room() returns trigger language plpgsql as $$
        begin raise exception 'could not extend file "base/1/1": No space left on device' using errcode = '53100'; end $$`);
      await product.db.execute(
        sql`create trigger no_room before insert on updates execute function no_room()`,
      );
      const updateId = nextUpdate++;
      expect((await api.deliver(chat.id, '/help', updateId)).status).toBe(503);
      expect(await api.check('intake')).toMatchObject({
        status: 503,
        ok: false,
        reason: 'the disk of the database is full',
      });
      expect(await api.metric('dirigent_intake_refused_total{reason="disk_full"}')).toBe(1);
      await product.db.execute(sql`drop function no_room cascade`);
      expect((await api.deliver(chat.id, '/help', updateId)).status).toBe(200);
      expect((await api.deliver(chat.id, '/help', updateId)).status).toBe(200);
      expect(await product.db.select().from(updates).where(eq(updates.updateId, updateId))).toHaveLength(1);
      expect((await api.check('intake')).ok).toBe(true);
      await eventually('two answers', async () => (await chat.said()).length === 3);
    });
  });

  it('because it has no connection left is told of, and works again by itself when it has', async () => {
    const role = `few_${process.pid}`;
    await product.db.execute(sql.raw(`create role ${role} login password 'x'`));
    await product.db.execute(sql.raw(`grant all on all tables in schema public to ${role}`));
    await product.db.execute(sql.raw(`grant usage on schema drizzle to ${role}`));
    await product.db.execute(sql.raw(`grant select on all tables in schema drizzle to ${role}`));
    const url = new URL(product.settings.databaseUrl);
    url.username = role;
    url.password = 'x';
    await withReplica({ databaseUrl: url.href }, async (api) => {
      const chat = nextCustomer();
      expect((await api.deliver(chat.id, '/help')).status).toBe(200);
      await product.db.execute(sql.raw(`alter role ${role} connection limit 0`));
      await product.db.execute(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where usename = ${role}`,
      );
      const updateId = nextUpdate++;
      await eventually('the reason', async () => {
        expect((await api.deliver(chat.id, '/help', updateId)).status).toBe(503);
        const { reason } = await api.check('intake');
        if (reason !== 'the database has no connection left') throw new Error(reason);
        return true;
      });
      await product.db.execute(sql.raw(`alter role ${role} connection limit -1`));
      await eventually(
        'room again',
        async () => (await api.deliver(chat.id, '/help', updateId)).status === 200,
      );
      await eventually('readiness', async () => (await api.check('intake')).ok);
      await eventually('two answers', async () => (await chat.said()).length === 3);
    });
    await product.db.execute(sql.raw(`drop owned by ${role}`));
    await product.db.execute(sql.raw(`drop role ${role}`));
  });
});
