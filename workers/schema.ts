import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../config/logger.ts';
import { migrate } from '../db/migrate.ts';
import { isDatabaseUnavailable } from '../db/unavailable.ts';

const PAUSE_MS = 1_000;

/** Applies the migrations, waiting for a database that is not there yet. Any other failure is final. */
export async function migrateWhenReachable(
  url: string,
  log: Logger,
  signal: AbortSignal | undefined,
): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await migrate(url);
    } catch (error) {
      if (!isDatabaseUnavailable(error)) throw error;
      if (attempt === 1) log.warn({ err: error }, 'The database cannot be reached; it is tried again.');
    }
    await sleep(PAUSE_MS, undefined, { signal });
  }
}
