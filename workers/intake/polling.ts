import { setTimeout as sleep } from 'node:timers/promises';
import { updateId } from '../../activities/telegram/parse.ts';
import type { Logger } from '../../config/logger.ts';
import type { SqlClient } from '../../db/client.ts';
import { type HeldLock, takeLock } from '../../db/locks.ts';
import { ProviderError } from '../../domain/failure.ts';
import type { Account } from '../accounts.ts';

export interface PollingOptions {
  account: Account;
  /** Sessions for locks: with several replicas one polls. */
  locks: SqlClient;
  log: Logger;
  /** Rejects when the update was not stored. */
  accept(update: { update_id: number } & Record<string, unknown>): Promise<unknown>;
  /** The platform has answered; what it delivered is not stored yet. */
  onAnswer?: () => Promise<void>;
  /** How long Telegram may hold a request open. */
  pollSeconds?: number;
}

const LOCK_CLASS = 8_272;
/** How soon a replica looks whether the one that polls is gone. */
const STANDBY_MS = 2_000;
const MAX_PAUSE_MS = 15_000;

/**
 * Long polling of one bot account. An update is confirmed only after it was stored, so one that could not be
 * stored is asked for again; a second delivery dies on the unique key.
 */
export function startPolling(options: PollingOptions): { stop(): Promise<void> } {
  const { account, locks, log } = options;
  const channel = account.settings.name;
  const abort = new AbortController();
  const running = run();

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      let lock: HeldLock | undefined;
      try {
        lock = await takeLock(locks, LOCK_CLASS, account.channelId);
        if (lock) {
          log.info({ channel }, 'Polling begins.');
          await pollWith(lock);
        }
      } catch (error) {
        // Not stored, or the session with the lock is gone: begin again.
        if (!abort.signal.aborted) log.warn({ channel, err: error }, 'Polling pauses.');
      }
      await lock?.unlock();
      await pause(STANDBY_MS);
    }
  }

  async function pollWith(lock: HeldLock): Promise<void> {
    /** Telegram remembers what was confirmed; ids may start anew after a quiet week, so none is kept for long. */
    let offset: number | undefined;
    let failures = 0;
    while (!abort.signal.aborted) {
      let updates: unknown[];
      try {
        updates = await account.channel.getUpdates({
          ...(offset === undefined ? {} : { offset }),
          timeoutSeconds: options.pollSeconds ?? 30,
          signal: abort.signal,
        });
        failures = 0;
      } catch (error) {
        if (abort.signal.aborted) return;
        log.warn({ channel, err: error }, 'Telegram could not be asked for updates.');
        await recover(error, ++failures);
        continue;
      }
      await lock.check();
      await options.onAnswer?.();
      offset = undefined;
      for (const update of updates) {
        const id = updateId(update);
        if (id === undefined) continue;
        await options.accept(update as { update_id: number });
        offset = Math.max(offset ?? 0, id + 1);
      }
    }
  }

  async function recover(error: unknown, failures: number): Promise<void> {
    const known = error instanceof ProviderError ? error : undefined;
    await pause(known?.retryAfterMs ?? Math.min(500 * 2 ** failures, MAX_PAUSE_MS));
    // Somebody has set a webhook since this account was announced; it was configured for polling.
    if (known?.status !== 409 || known.class !== 'misconfigured') return;
    await account.channel
      .deleteWebhook(abort.signal)
      .catch((cause: unknown) => log.warn({ channel, err: cause }, 'The webhook could not be taken away.'));
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: abort.signal }).catch(() => undefined);

  return {
    async stop() {
      abort.abort();
      await running;
    },
  };
}
