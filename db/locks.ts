import type { SqlClient } from './client.ts';

/** Gives the lock back. Never throws: a lost connection has already done it. */
export type Unlock = () => Promise<void>;

export interface ChatLocks {
  /** Undefined when somebody else holds the lock, or when this process already holds its share of locks. */
  tryLock(conversationId: string): Promise<Unlock | undefined>;
}

const LOCK_CLASS = 8_271;

/**
 * Serialises the sends of a chat over all workers. The lock belongs to a database connection, so the
 * server frees it the moment its holder dies; nobody waits for a lease to run out.
 */
export function createChatLocks(client: SqlClient, maxHeld: number): ChatLocks {
  let held = 0;
  return {
    async tryLock(conversationId) {
      if (held >= maxHeld) return undefined;
      held++;
      const connection = await client.reserve().catch((error: unknown) => {
        held--;
        throw error;
      });
      const release = () => {
        held--;
        connection.release();
      };
      try {
        const [row] = await connection<{ locked: boolean }[]>`
          select pg_try_advisory_lock(${LOCK_CLASS}, hashtext(${conversationId})) as locked`;
        if (row?.locked) return unlock;
      } catch (error) {
        release();
        throw error;
      }
      release();
      return undefined;

      async function unlock() {
        try {
          await connection`select pg_advisory_unlock(${LOCK_CLASS}, hashtext(${conversationId}))`;
        } catch {
          // The connection is gone, and the lock with it.
        }
        release();
      }
    },
  };
}
