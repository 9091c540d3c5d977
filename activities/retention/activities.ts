import { setTimeout } from 'node:timers/promises';
import type { Database } from '../../db/client.ts';
import { recordEvent } from '../../db/queries/events.ts';
import { countExpired, expire, expireBudgets } from '../../db/queries/retention.ts';
import { AGEING, type Ageing, type RetentionCounts } from '../../domain/retention.ts';
import { withHeartbeat } from '../heartbeat.ts';

/** What became of one kind. */
interface Swept {
  deleted: number;
  /** False when there is more, and time was up. */
  done: boolean;
}

export interface RetentionSettings {
  /** Age in days at which something goes. */
  days: Readonly<Record<Ageing | 'budgets', number>>;
  /** Rows of one statement. */
  batchSize: number;
  /** Between two statements, so that others come through. */
  pauseMs: number;
}

export interface RetentionDependencies {
  db: Database;
  settings: RetentionSettings;
  /** Called for each batch. */
  onDeleted?: ((what: string, rows: number) => void) | undefined;
}

/** Deleting goes on in another attempt after this. */
const DEADLINE_MS = 280_000;
const WORK_MS = 240_000;
/** Counting more takes too long to be worth it. */
const COUNT_MOST = 100_000;

/** Steps of `retention`. Each may be repeated, and be stopped anywhere. */
export function createRetentionActivities({ db, settings, onDeleted }: RetentionDependencies) {
  const { days, batchSize, pauseMs } = settings;

  return {
    /** What would go now, by kind; each is counted up to 100,000. */
    countExpired: ({ tenantId }: { tenantId: string }): Promise<RetentionCounts> =>
      withHeartbeat(DEADLINE_MS, async (signal) => {
        const counts: RetentionCounts = {};
        for (const what of AGEING) {
          signal.throwIfAborted();
          counts[what] = await countExpired(db, tenantId, what, days[what], COUNT_MOST);
        }
        return counts;
      }),

    /** Deletes one kind in batches, until nothing is left or time is up. */
    deleteExpired: ({ tenantId, what }: { tenantId: string; what: Ageing }): Promise<Swept> =>
      withHeartbeat(DEADLINE_MS, async (signal) => {
        const until = Date.now() + WORK_MS;
        let deleted = 0;
        for (;;) {
          signal.throwIfAborted();
          const batch = await expire(db, tenantId, what, days[what], batchSize);
          deleted += batch;
          if (batch > 0) onDeleted?.(what, batch);
          if (batch < batchSize) return { deleted, done: true };
          if (Date.now() > until) return { deleted, done: false };
          await setTimeout(pauseMs, undefined, { signal });
        }
      }),

    /** The little that has no age of its own; and the event that says what went. */
    finishRetention: (request: {
      tenantId: string;
      workflowId: string;
      correlationId: string;
      counts: RetentionCounts;
    }): Promise<{ budgets: number }> =>
      withHeartbeat(DEADLINE_MS, async () => {
        const { tenantId, workflowId: subject, correlationId } = request;
        const budgets = await expireBudgets(db, tenantId, days.budgets);
        if (budgets > 0) onDeleted?.('budgets', budgets);
        const data = { ...request.counts, budgets };
        await recordEvent(db, { tenantId, eventType: 'retention.done', subject, data, correlationId });
        return { budgets };
      }),
  };
}

export type RetentionActivities = ReturnType<typeof createRetentionActivities>;
