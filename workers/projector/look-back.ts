import type { Database } from '../../db/client.ts';
import { sealRun } from '../../db/queries/projection.ts';
import { endedRuns, rowsAt, type SealedRun } from '../../db/queries/projection-read.ts';
import type { Mend } from './mend.ts';
import type { Sealing } from './seal.ts';
import type { Listed, ListRuns } from './visibility.ts';

export interface LookBackOptions {
  db: Database;
  list: ListRuns;
  mend: Mend;
  sealing: Sealing;
  taskQueues: readonly string[];
  /** How far back; what ended before has gone, or goes, by its age. */
  daysBack?: number;
  /** Rows, and executions, of one look. */
  portion?: number;
  now?: () => number;
}

/** An ended run that is not what was sealed, and whose history is gone: nothing can say what it was. */
export interface Damaged {
  tenantId: string;
  process: string;
  workflowId: string;
}

const DAY_MS = 86_400_000;
const DAYS_BACK = 30;
const PORTION = 200;

/**
 * Looks again at what ended long ago, a portion each time and then from the start: rows whose digest does not fit,
 * and executions that visibility lists and no row shows. Both are read anew from their histories.
 */
export function createLookBack(options: LookBackOptions) {
  const { db, list, mend, sealing, taskQueues, daysBack = DAYS_BACK, portion = PORTION } = options;
  const now = options.now ?? Date.now;
  const damaged = new Map<string, Damaged>();
  let after: string | null = null;
  let before: Date | undefined;
  /** Rows without digest whose history is gone. */
  const unsealable = new Set<string>();
  /** Links of chains that need no history read again: of the round before, and of this one. */
  let settled = new Set<string>();
  let settling = new Set<string>();

  async function rows(): Promise<number> {
    const page = await endedRuns(db, after, portion);
    after = page.length < portion ? null : String(page.at(-1)?.run.run_id);
    let count = 0;
    for (const stored of page) if (await row(stored)) count += 1;
    return count;
  }

  /** Whether it was mended. */
  async function row(stored: SealedRun): Promise<boolean> {
    const { run_id, workflow_id, current_run_id, tenant_id, process_id } = stored.run;
    const id = String(run_id);
    const state = sealing.check(stored);
    if (state === 'intact') damaged.delete(id);
    if (state === 'intact' || state === 'unknown_key' || unsealable.has(id)) return false;
    const mended = await mend(String(workflow_id), String(current_run_id));
    if (mended === 'same') await sealRun(db, id, sealing.seal(stored.run, stored.steps));
    if (mended !== 'gone') damaged.delete(id);
    else if (state === 'unsealed') unsealable.add(id);
    else
      damaged.set(id, {
        tenantId: String(tenant_id),
        process: String(process_id),
        workflowId: String(workflow_id),
      });
    return mended === 'mended';
  }

  async function executions(): Promise<number> {
    const closedSince = new Date(now() - daysBack * DAY_MS);
    const pages = list({ taskQueues, open: false, closedSince, closedBefore: before });
    const listed: Listed[] = (await pages.next()).value ?? [];
    await pages.return(undefined);
    const known = await rowsAt(
      db,
      listed.map(({ runId }) => runId),
    );
    let count = 0;
    for (const { workflowId, runId } of listed) {
      if (known.some((one) => one.runId === runId || one.currentRunId === runId)) continue;
      const mended = settled.has(runId) ? 'same' : await mend(workflowId, runId);
      if (mended === 'mended') count += 1;
      else if (mended !== 'moved') settling.add(runId);
    }
    const oldest = listed.at(-1)?.closedAt;
    before = oldest === undefined || oldest === before?.getTime() ? undefined : new Date(oldest);
    if (before === undefined) {
      settled = settling;
      settling = new Set();
    }
    return count;
  }

  return {
    /** Looks at the next portion of both; how many were mended. Rejects when database or visibility cannot be read. */
    look: async (): Promise<number> => (await rows()) + (await executions()),
    damaged: (): Damaged[] => [...damaged.values()],
  };
}

export type LookBack = ReturnType<typeof createLookBack>;
