import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createGovernor, type SendLimits } from '../../activities/send/governor.ts';
import { connectDatabase } from '../../db/client.ts';
import { createChatLocks } from '../../db/locks.ts';
import { pauseBudget, takeBudget } from '../../db/queries/budgets.ts';
import { tenants } from '../../db/schema/index.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { eventually } from '../support/eventually.ts';

describe('budgets and locks of sending', () => {
  let database: TestDatabase;
  let tenantId: string;
  beforeAll(async () => {
    database = await createTestDatabase('sends-budgets');
    const [row] = await database.db
      .insert(tenants)
      .values({ slug: 'one', name: 'One', country: 'KZ' })
      .returning({ id: tenants.id });
    tenantId = row?.id ?? '';
  });
  afterAll(() => database.close());

  const LIMITS: SendLimits = { botPerSecond: 1_000, chatPerSecond: 1, chatBurst: 3, groupPerMinute: 6 };
  const target = (chatId: string, channelId = 'c') => ({ tenantId, channelId, chatId });
  /** Longer than any wait in a test: everything is taken. */
  const PATIENT_MS = 3_600_000;

  it('let a burst pass, then make wait as the steady rate says', async () => {
    const budget = { scope: 'burst', intervalMs: 60_000, burstMs: 120_000 };
    const waits: number[] = [];
    for (let i = 0; i < 5; i++) waits.push(await takeBudget(database.db, tenantId, [budget], PATIENT_MS));
    // Two run ahead of the rate, and one is due.
    expect(waits.slice(0, 3)).toEqual([0, 0, 0]);
    expect(waits[3]).toBeGreaterThan(59_000 - 5_000);
    expect(waits[3]).toBeLessThanOrEqual(60_000);
    expect((waits[4] ?? 0) - (waits[3] ?? 0)).toBeGreaterThan(55_000);
  });

  it('take nothing when the wait would be longer than the patience', async () => {
    const budget = { scope: 'patience', intervalMs: 60_000, burstMs: 0 };
    expect(await takeBudget(database.db, tenantId, [budget], 1_500)).toBe(0);
    const first = await takeBudget(database.db, tenantId, [budget], 1_500);
    const second = await takeBudget(database.db, tenantId, [budget], 1_500);
    expect(first).toBeGreaterThan(1_500);
    expect(second).toBeLessThanOrEqual(first);
  });

  it('spend the bot’s budget only when the chat’s allows it', async () => {
    const bot = { scope: 'bot-both', intervalMs: 60_000, burstMs: 0 };
    const silent = { scope: 'chat-both', intervalMs: 1_000, burstMs: 0 };
    await pauseBudget(database.db, tenantId, silent, 60_000);
    expect(await takeBudget(database.db, tenantId, [bot, silent], 1_500)).toBeGreaterThan(50_000);
    expect(await takeBudget(database.db, tenantId, [bot], 1_500)).toBe(0);
  });

  it('are exact when many workers take at once', async () => {
    const budget = { scope: 'crowd', intervalMs: 10_000, burstMs: 0 };
    expect(await takeBudget(database.db, tenantId, [budget], PATIENT_MS)).toBe(0);
    const waits = await Promise.all(
      Array.from({ length: 30 }, () => takeBudget(database.db, tenantId, [budget], PATIENT_MS)),
    );
    waits.sort((a, b) => a - b);
    const gaps = waits.slice(1).map((wait, i) => wait - (waits[i] ?? 0));
    // Each got a place of its own: no two within the same interval.
    expect(Math.min(...gaps)).toBeGreaterThan(5_000);
    expect(waits.at(-1)).toBeLessThanOrEqual(300_000);
  });

  it('are silent for as long as the platform asked, however much was left, and never shorter for a later wish', async () => {
    const governor = createGovernor(database.db, LIMITS);
    await governor.pause(target('1'), 30_000);
    await governor.pause(target('1'), 5_000);
    const wait = await governor.take(target('1'));
    expect(wait).toBeGreaterThan(25_000);
    expect(wait).toBeLessThanOrEqual(30_000);
    // Another chat of the same bot, and the same chat of another bot, are free.
    expect(await governor.take(target('2'))).toBe(0);
    expect(await governor.take(target('1', 'other'))).toBe(0);
  });

  it('give a group, whose id is negative, fewer messages than a private chat', async () => {
    const governor = createGovernor(database.db, LIMITS);
    const takes = async (chatId: string) => {
      let free = 0;
      while ((await governor.take(target(chatId))) === 0) free++;
      return free;
    };
    const privately = await governor.take(target('77')).then(() => takes('77'));
    expect(privately).toBeGreaterThanOrEqual(2);
    await takes('-100200300');
    // One message in ten seconds, instead of one in a second.
    expect(await governor.take(target('-100200300'))).toBeGreaterThan(5_000);
  });

  describe('the lock of a chat', () => {
    it('is held by one, over processes, and free again when given back', async () => {
      const other = connectDatabase({ url: database.url, name: 'test-locks', max: 4 });
      const here = createChatLocks(database.client, 4);
      const there = createChatLocks(other.client, 4);
      const unlock = await here.tryLock('a');
      expect(unlock).toBeDefined();
      expect(await there.tryLock('a')).toBeUndefined();
      const elsewhere = await there.tryLock('b');
      expect(elsewhere).toBeDefined();
      await unlock?.();
      const again = await there.tryLock('a');
      expect(again).toBeDefined();
      await again?.();
      await elsewhere?.();
      await other.close();
    });

    it('is refused beyond a process’s share instead of exhausting its connections', async () => {
      const own = connectDatabase({ url: database.url, name: 'test-share', max: 2 });
      const locks = createChatLocks(own.client, 2);
      const taken = await Promise.all(['1', '2', '3', '4', '5'].map((id) => locks.tryLock(`share-${id}`)));
      expect(taken.filter(Boolean)).toHaveLength(2);
      await Promise.all(taken.map((unlock) => unlock?.()));
      const unlock = await locks.tryLock('share-6');
      expect(unlock).toBeDefined();
      await unlock?.();
      await own.close();
    });

    it('is lost with its session, and neither giving it back nor taking the next one fails', async () => {
      const own = connectDatabase({ url: database.url, name: 'test-cut', max: 1 });
      const locks = createChatLocks(own.client, 1);
      const unlock = await locks.tryLock('cut');
      expect(unlock).toBeDefined();
      await database.db.execute(
        sql`select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'dirigent-test-cut'`,
      );
      const taker = createChatLocks(database.client, 4);
      const taken = await eventually('the lock to be free', () => taker.tryLock('cut'));
      await unlock?.();
      await taken();
      const next = await locks.tryLock('cut');
      expect(next).toBeDefined();
      await next?.();
      await own.close();
    });
  });
});
