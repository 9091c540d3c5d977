import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { type Backlog, backlogOf } from '../../db/queries/backlog.ts';
import { REFUSALS, type Refusal, refusalOf } from '../../db/unavailable.ts';
import type { Metrics } from '../metrics.ts';
import type { Part } from '../readiness.ts';

export interface IntakeStateOptions {
  db: Database;
  /** What may wait for the engine. */
  budgetBytes: number;
  metrics: Pick<Metrics, 'intakeRefused' | 'backlogMessages' | 'backlogBytes' | 'backlogBudgetBytes'>;
  log: Logger;
  now?: () => number;
}

const MEASURE_MS = 3_000;
/** Once full, it is open again below this share: a budget that is just met would open and close all the time. */
const OPEN_AGAIN = 0.9;
/** A failure says nothing any more after this time: who takes no deliveries because of it would never learn better. */
const FAILED_FOR_MS = 30_000;

/** What waits for the engine fills its budget. The sender delivers again, as when the database is away. */
class BacklogFullError extends Error {
  readonly code = 'BACKLOG_FULL';
}

export type IntakeState = ReturnType<typeof startIntakeState>;

/**
 * Whether what comes in can be stored: up to a budget while the engine is away, and as long as the database takes
 * it. Everything that is taken in goes through `guard`.
 */
export function startIntakeState({ db, budgetBytes, metrics, log, now = Date.now }: IntakeStateOptions) {
  let backlog: Backlog = { waiting: 0, bytes: 0 };
  let full = false;
  let failed: { refusal: Refusal; at: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let stopped = false;
  metrics.backlogBudgetBytes.set(budgetBytes);

  async function measure(): Promise<void> {
    try {
      backlog = await backlogOf(db);
      metrics.backlogMessages.set(backlog.waiting);
      metrics.backlogBytes.set(backlog.bytes);
      const before = full;
      full = backlog.bytes >= budgetBytes * (full ? OPEN_AGAIN : 1);
      if (full && !before)
        log.error({ ...backlog, budgetBytes }, 'What waits for the engine has used up its budget.');
      if (before && !full) log.info({ ...backlog, budgetBytes }, 'Deliveries are taken again.');
    } catch (error) {
      log.warn({ err: error }, 'What waits for the engine could not be measured.');
    }
    if (!stopped) timer = setTimeout(() => void measure(), MEASURE_MS);
  }
  const measured = measure();

  function refused(error: unknown): void {
    const refusal = refusalOf(error);
    metrics.intakeRefused.inc({ reason: refusal });
    // The budget has its own state, and what one statement holds says nothing of the database.
    if (refusal !== 'backlog' && refusal !== 'failed') failed = { refusal, at: now() };
  }

  const part: Part = {
    name: 'intake',
    notReady() {
      if (full) return `${REFUSALS.backlog}: ${size()}`;
      if (failed && now() - failed.at < FAILED_FOR_MS) return REFUSALS[failed.refusal];
      return undefined;
    },
    note: () => (backlog.waiting === 0 ? undefined : `waiting for the engine: ${size()}`),
  };
  const size = () =>
    `${backlog.waiting} messages, ${megabytes(backlog.bytes)} of ${megabytes(budgetBytes)} MB`;

  return {
    part,
    /** Stores something, unless there is no room for it. Rejects when it was not stored. */
    async guard<T>(store: () => Promise<T>): Promise<T> {
      try {
        if (full) throw new BacklogFullError(REFUSALS.backlog);
        const stored = await store();
        failed = undefined;
        return stored;
      } catch (error) {
        refused(error);
        throw error;
      }
    },
    async stop(): Promise<void> {
      stopped = true;
      await measured;
      clearTimeout(timer);
    },
  };
}

const megabytes = (bytes: number): string => (bytes / 1024 ** 2).toFixed(1);
