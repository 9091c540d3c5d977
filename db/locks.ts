import type { SqlClient } from './client.ts';

/** Gives the lock back. Never throws: a lost connection has already done it. */
export type Unlock = () => Promise<void>;

export interface ChatLocks {
  /** Undefined when somebody else holds the lock, or when this process already holds its share of locks. */
  tryLock(conversationId: string): Promise<Unlock | undefined>;
}

const LOCK_CLASS = 8_271;

/**
 * Serialises the sends of a chat over all workers. The lock belongs to a database session, so the
 * server frees it the moment its holder dies; nobody waits for a lease to run out.
 */
export function createChatLocks(client: SqlClient, maxHeld: number): ChatLocks {
  let held = 0;
  return {
    async tryLock(conversationId) {
      if (held >= maxHeld) return undefined;
      held++;
      try {
        const lock = await takeLock(client, LOCK_CLASS, conversationId);
        if (lock) {
          return async () => {
            await lock.unlock();
            held--;
          };
        }
      } catch (error) {
        held--;
        throw error;
      }
      held--;
      return undefined;
    },
  };
}

export interface HeldLock {
  /** Rejects when the session that holds the lock is gone. */
  check(): Promise<void>;
  unlock: Unlock;
}

/** An advisory lock with a session of its own, or undefined when somebody else holds it. */
export async function takeLock(
  client: SqlClient,
  lockClass: number,
  name: string,
): Promise<HeldLock | undefined> {
  const lease = await client.acquire();
  try {
    const [row] = await lease.run(
      (sql) => sql<{ locked: boolean }[]>`
        select pg_try_advisory_lock(${lockClass}, hashtext(${name})) as locked`,
    );
    if (!row?.locked) {
      lease.release();
      return undefined;
    }
  } catch (error) {
    lease.discard();
    throw error;
  }
  return {
    async check() {
      await lease.run((sql) => sql`select 1`);
    },
    // A session that does not answer is ended, and the lock with it.
    unlock: () =>
      lease
        .run((sql) => sql`select pg_advisory_unlock(${lockClass}, hashtext(${name}))`)
        .then(lease.release, lease.discard),
  };
}
