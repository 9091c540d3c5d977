import { eq } from 'drizzle-orm';
import { updateId } from '../../activities/telegram/parse.ts';
import type { Logger } from '../../config/logger.ts';
import type { Database, SqlClient } from '../../db/client.ts';
import { channels } from '../../db/schema/index.ts';
import { ProviderError } from '../../domain/failure.ts';
import type { Account } from '../accounts.ts';

export interface PollingOptions {
  account: Account;
  db: Database;
  /** Connections for locks: with several replicas one polls. */
  locks: SqlClient;
  log: Logger;
  accept(update: { update_id: number } & Record<string, unknown>): Promise<unknown>;
  pollSeconds?: number;
}

const LOCK_CLASS = 8_272;
/** How soon a replica looks whether the one that polls is gone. */
const STANDBY_MS = 2_000;

/**
 * Long polling of one bot account. The offset moves only after the store, so an update that could not be
 * stored is asked for again; a second delivery dies on the unique key.
 */
export function startPolling(options: PollingOptions): { stop(): Promise<void> } {
  const { account, db, log } = options;
  const abort = new AbortController();
  const running = run();

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      const connection = await options.locks.reserve();
      try {
        const [row] = await connection<{ locked: boolean }[]>`
          select pg_try_advisory_lock(${LOCK_CLASS}, hashtext(${account.channelId})) as locked`;
        if (row?.locked) {
          log.info({ channel: account.settings.name }, 'Polling begins.');
          await pollWhile(async () => {
            await connection`select 1`;
          });
          await connection`select pg_advisory_unlock(${LOCK_CLASS}, hashtext(${account.channelId}))`;
        }
      } catch (error) {
        // The connection and its lock are gone: begin again.
        if (!abort.signal.aborted)
          log.warn({ channel: account.settings.name, err: error }, 'Polling pauses.');
      } finally {
        connection.release();
      }
      await pause(STANDBY_MS);
    }
  }

  /** `holds` throws when the lock's connection is gone. */
  async function pollWhile(holds: () => Promise<void>): Promise<void> {
    const [row] = await db
      .select({ offset: channels.pollOffset })
      .from(channels)
      .where(eq(channels.id, account.channelId));
    let offset = row?.offset ?? 0;
    while (!abort.signal.aborted) {
      let updates: unknown[];
      try {
        updates = await account.channel.getUpdates({
          ...(offset > 0 ? { offset } : {}),
          timeoutSeconds: options.pollSeconds ?? 30,
          signal: abort.signal,
        });
      } catch (error) {
        if (abort.signal.aborted) return;
        log.warn({ channel: account.settings.name, err: error }, 'Telegram could not be asked for updates.');
        await pause(error instanceof ProviderError ? (error.retryAfterMs ?? 1_000) : 1_000);
        continue;
      }
      await holds();
      for (const update of updates) {
        const id = updateId(update);
        if (id === undefined) continue;
        await options.accept(update as { update_id: number });
        offset = Math.max(offset, id + 1);
      }
      if (updates.length > 0) {
        await db.update(channels).set({ pollOffset: offset }).where(eq(channels.id, account.channelId));
      }
    }
  }

  const pause = (ms: number) =>
    new Promise<void>((resolve) => {
      if (abort.signal.aborted) return resolve();
      const timer = setTimeout(done, ms);
      function done() {
        clearTimeout(timer);
        abort.signal.removeEventListener('abort', done);
        resolve();
      }
      abort.signal.addEventListener('abort', done);
    });

  return {
    async stop() {
      abort.abort();
      await running;
    },
  };
}
