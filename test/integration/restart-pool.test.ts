import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { connectDatabase } from '../../db/client.ts';
import { createChatLocks, takeLock } from '../../db/locks.ts';
import { isDatabaseUnavailable } from '../../db/unavailable.ts';
import { createDatabase } from '../setup/database.ts';
import { type Cable, openCable } from '../support/cable.ts';
import { eventually } from '../support/eventually.ts';

describe('a pool whose connections are cut', () => {
  let cable: Cable;
  let url: string;
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  beforeAll(async () => {
    const target = new URL(await createDatabase('restart_pool'));
    cable = await openCable(Number(target.port));
    target.port = String(cable.port);
    url = target.href;
    process.on('uncaughtException', note);
  });
  afterAll(async () => {
    process.off('uncaughtException', note);
    await cable.close();
    expect(uncaught).toEqual([]);
  });

  const one = async (db: ReturnType<typeof connectDatabase>['db']) =>
    (await db.execute<{ one: number }>(sql`select 1 as one`))[0]?.one;

  it('fails the transaction under way, and the next statement works', async () => {
    const { db, close } = connectDatabase({ url, name: 'cut', max: 2 });
    await db.execute(sql`create table told (n int)`);
    const during = db.transaction(async (tx) => {
      await tx.execute(sql`insert into told values (1)`);
      const slow = tx.execute(sql`select pg_sleep(20)`);
      cable.jerk();
      await slow;
    });
    await expect(during.catch((error) => isDatabaseUnavailable(error))).resolves.toBe(true);
    const between = db.transaction(async (tx) => {
      await tx.execute(sql`insert into told values (2)`);
      cable.jerk();
      await eventually('the loss to be noticed', async () =>
        tx.execute(sql`insert into told values (3)`).then(
          () => false,
          () => true,
        ),
      );
      // Whoever passes over the loss must not commit on another session.
      await tx.execute(sql`insert into told values (4)`).catch(() => undefined);
    });
    await expect(between.catch((error) => isDatabaseUnavailable(error))).resolves.toBe(true);
    expect(await one(db)).toBe(1);
    expect(await db.execute(sql`select * from told`)).toHaveLength(0);
    await close();
  });

  it('gives up a lock with the session that held it, and serves further ones', async () => {
    const { client, close } = connectDatabase({ url, name: 'cut', max: 2 });
    const lock = await takeLock(client, 1, 'a');
    cable.jerk();
    await eventually('the loss to be noticed', async () =>
      lock?.check().then(
        () => false,
        () => true,
      ),
    );
    const locks = createChatLocks(client, 2);
    for (let round = 0; round < 4; round++) {
      const unlock = await eventually('the lock to be free', () => locks.tryLock('chat'));
      cable.jerk();
      await unlock();
    }
    await lock?.unlock();
    const again = await eventually('the lock to be free', () => takeLock(client, 1, 'a'));
    await again.unlock();
    await close();
  });

  it('fails while the server is away, and works when it is back', async () => {
    const { db, close } = connectDatabase({ url, name: 'cut', max: 2 });
    expect(await one(db)).toBe(1);
    await cable.cut();
    for (let attempt = 0; attempt < 5; attempt++) {
      await expect(one(db).catch((error) => isDatabaseUnavailable(error))).resolves.toBe(true);
    }
    await cable.plug();
    expect(await eventually('the server', () => one(db))).toBe(1);
    await close();
  });

  it('hears notifications again after the server was away', async () => {
    const { client, close } = connectDatabase({ url, name: 'cut', max: 1 });
    const heard: string[] = [];
    let listening = 0;
    const { unlisten } = await client.listen(
      'news',
      (text) => heard.push(text),
      () => listening++,
    );
    await client.notify('news', 'before');
    // The sender is told before the listener: cutting at once would lose what was on its way.
    await eventually('the first news', async () => heard.includes('before'));
    await cable.cut();
    await expect(client.notify('news', 'lost')).rejects.toThrow();
    await cable.plug();
    await eventually('it to listen again', async () => listening === 2);
    await client.notify('news', 'after');
    await eventually('the last news', async () => heard.includes('after'));
    expect(heard).toEqual(['before', 'after']);
    await unlisten();
    await close();
  });

  it('refuses whoever waits too long for a connection, and serves the others in order', async () => {
    const { db, client, close } = connectDatabase({ url, name: 'busy', max: 1, waitMs: 100 });
    const lease = await client.acquire();
    const refused = await one(db).catch((error: unknown) => error);
    expect(refused).toMatchObject({ code: 'POOL_BUSY' });
    expect(isDatabaseUnavailable(refused)).toBe(true);
    const order: number[] = [];
    const waiting = [1, 2, 3].map((n) => one(db).then(() => order.push(n)));
    lease.release();
    await Promise.all(waiting);
    expect(order).toEqual([1, 2, 3]);
    await close();
  });

  it('tells no values of a statement in its errors', async () => {
    const { db, close } = connectDatabase({ url, name: 'quiet', max: 1 });
    await db.execute(sql`create table once (phone text unique)`);
    await db.execute(sql`insert into once values (${'+77010000000'})`);
    const error = await db.execute(sql`insert into once values (${'+77010000000'})`).catch((e: Error) => e);
    expect(error).toMatchObject({ code: '23505', constraint_name: 'once_phone_key' });
    expect(JSON.stringify(error) + String(error) + (error as Error).stack).not.toContain('7701');
    await close();
  });
});
