import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../config/logger.ts';
import { connectDatabase } from '../db/client.ts';
import { migrate, pendingMigrations } from '../db/migrate.ts';
import { isDatabaseUnavailable, isNotAllowed } from '../db/unavailable.ts';

const PAUSE_MS = 1_000;

/** Applies the migrations, waiting for a database that is not there yet. Any other failure is final. */
export async function migrateAsOwner(url: string, log: Logger, signal?: AbortSignal): Promise<void> {
  await whenReachable(() => migrate(url), log, signal);
}

/**
 * Returns once the tables are those of this version: applies what is missing, and where the role may not, waits for
 * `npm run migrate`. Waits also for a database that is not there yet. Any other failure is final.
 */
export async function migrateWhenReachable(
  url: string,
  log: Logger,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let waits = false; ; waits = true) {
    if (await whenReachable(() => isUpToDate(url), log, signal)) return;
    try {
      return await migrateAsOwner(url, log, signal);
    } catch (error) {
      if (!isNotAllowed(error)) throw error;
      if (!waits) log.warn('The tables are older than this version, and not ours to change: it waits.');
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}

async function isUpToDate(url: string): Promise<boolean> {
  const { db, close } = connectDatabase({ url, name: 'schema', max: 1 });
  try {
    return (await pendingMigrations(db)) <= 0;
  } catch (error) {
    // A role that has been granted nothing yet.
    if (isNotAllowed(error)) return false;
    throw error;
  } finally {
    await close();
  }
}

async function whenReachable<T>(
  act: () => Promise<T>,
  log: Logger,
  signal: AbortSignal | undefined,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await act();
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      if (attempt === 1) log.warn({ err: error }, 'The database cannot be reached; it is tried again.');
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
