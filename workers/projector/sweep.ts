import type { Database } from '../../db/client.ts';
import { loseHistory } from '../../db/queries/projection.ts';
import { openRows, type RowPlace, rowsAt } from '../../db/queries/projection-read.ts';
import { isFinal } from '../../domain/history/transitions.ts';
import type { LookBack } from './look-back.ts';
import type { Mend } from './mend.ts';
import type { Projector } from './projector.ts';
import type { Sealing } from './seal.ts';
import type { Listed, ListRuns } from './visibility.ts';

export interface SweepOptions {
  db: Database;
  list: ListRuns;
  project: Projector['project'];
  mend: Mend;
  lookBack: LookBack['look'];
  sealing: Sealing;
  /** Number of events in an execution's history now; undefined if it is gone. */
  lengthOf: (workflowId: string, runId: string) => Promise<number | undefined>;
  /** Task queues of this installation. */
  taskQueues: readonly string[];
  intervalMs?: number;
  /** How far a sweep reaches back before the one before it: visibility lags. */
  overlapMs?: number;
  /** In so many sweeps the length of each open history is compared once, a part of them in each. */
  thoroughEvery?: number;
  onError?: (error: unknown, about: { workflowId: string; runId: string } | undefined) => void;
  now?: () => number;
}

export interface SweepReport {
  /** Executions listed by visibility. */
  listed: number;
  repaired: number;
  lost: number;
  failed: number;
}

/** Whether what visibility says of an open execution can be read off its row. */
function shows(row: RowPlace, listed: Listed): boolean {
  if (row.status === 'queued' || isFinal(row.status)) return false;
  return (
    (listed.runState === 'waiting_user') === (row.status === 'waiting_user') &&
    listed.waitingOn === row.waitingOn
  );
}

/** Runs in parts of about the same size: thousands that wait are not looked at in one moment. */
const partOf = (runId: string, parts: number): number => Number.parseInt(runId.slice(-6), 16) % parts;

/**
 * Repairs what hints missed: compares visibility with the rows and has the histories read of those that differ.
 * The first sweep covers everything that visibility knows, later ones what closed since the one before, and each
 * covers all that is open on either side, and a portion of what ended long ago. A row that is not newer than its
 * history and yet not what it says was changed by somebody else, and is made anew. An open row whose history is gone
 * ends failed, cause `history lost`.
 */
export function createSweep(options: SweepOptions) {
  const {
    db,
    list,
    project,
    mend,
    sealing,
    taskQueues,
    intervalMs = 30_000,
    overlapMs = 5 * 60_000,
  } = options;
  const { thoroughEvery = 10 } = options;
  const now = options.now ?? Date.now;
  const totals: SweepReport & { sweeps: number } = { sweeps: 0, listed: 0, repaired: 0, lost: 0, failed: 0 };
  let since: Date | undefined;
  /** Whose lengths the next sweep compares: everybody's, or those of one part of the runs. */
  let part: number | 'all' = 'all';
  /** Closed executions that need no other look: links of a chain that no row stands at. */
  let checked = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let stopped = true;
  let halted = false;
  let current: Promise<SweepReport> | undefined;

  async function differs(listed: Listed, rows: RowPlace[], compared: typeof part): Promise<boolean> {
    const at = rows.find((row) => row.currentRunId === listed.runId);
    const from = rows.find((row) => row.runId === listed.runId);
    if (listed.open) {
      if (at === undefined || !shows(at, listed)) return true;
      if (compared !== 'all' && partOf(listed.runId, thoroughEvery) !== compared) return false;
      return (await options.lengthOf(listed.workflowId, listed.runId)) !== at.lastEventId;
    }
    if (at !== undefined)
      return at.lastEventId < listed.historyLength || (!isFinal(at.status) && !listed.continued);
    return (from === undefined || from.chainPlace === 0) && !checked.has(listed.runId);
  }

  async function repair(report: SweepReport, workflowId: string, runId: string): Promise<string> {
    try {
      const result = await project(workflowId, runId);
      const mended = result === 'unchanged' && (await mend(workflowId, runId)) === 'mended';
      if (result === 'written' || mended) report.repaired += 1;
      return result;
    } catch (error) {
      report.failed += 1;
      options.onError?.(error, { workflowId, runId });
      return 'failed';
    }
  }

  async function sweepListed(
    report: SweepReport,
    open: boolean,
    compared: typeof part,
  ): Promise<Set<string>> {
    const seen = new Set<string>();
    const closed = new Set<string>();
    for await (const page of list({ taskQueues, open, closedSince: open ? undefined : since })) {
      if (halted) break;
      report.listed += page.length;
      const rows = await rowsAt(
        db,
        page.map(({ runId }) => runId),
      );
      await Promise.all(
        page.map(async (listed) => {
          seen.add(listed.runId);
          if (!open && checked.has(listed.runId)) closed.add(listed.runId);
          if (!(await differs(listed, rows, compared))) return;
          const result = await repair(report, listed.workflowId, listed.runId);
          if (!open && result !== 'failed') closed.add(listed.runId);
        }),
      );
    }
    if (!open) checked = closed;
    return seen;
  }

  async function sweepRows(report: SweepReport, openThere: Set<string>): Promise<void> {
    for (let after: string | null = null; !halted; ) {
      const rows: RowPlace[] = await openRows(db, after, 200);
      await Promise.all(
        rows
          .filter((row) => !openThere.has(row.currentRunId))
          .map(async (row) => {
            const result = await repair(report, row.workflowId, row.currentRunId);
            if (result === 'gone' && (await loseHistory(db, row.runId, row.lastEventId, sealing.seal)))
              report.lost += 1;
          }),
      );
      const last = rows.at(-1);
      if (last === undefined) return;
      after = last.runId;
    }
  }

  async function sweepOnce(): Promise<SweepReport> {
    const report: SweepReport = { listed: 0, repaired: 0, lost: 0, failed: 0 };
    const began = now();
    const compared = part;
    // At once: the next sweep compares everything when hints get lost while this one is under way.
    part = compared === 'all' ? 0 : (compared + 1) % thoroughEvery;
    try {
      const openThere = await sweepListed(report, true, compared);
      await sweepListed(report, false, compared);
      await sweepRows(report, openThere);
      if (!halted) report.repaired += await options.lookBack();
    } catch (error) {
      if (compared === 'all') part = 'all';
      throw error;
    }
    // A sweep cut short has not covered its window.
    if (!halted) since = new Date(began - overlapMs);
    totals.sweeps += 1;
    for (const key of ['listed', 'repaired', 'lost', 'failed'] as const) totals[key] += report[key];
    return report;
  }

  /** Sweeps once; a sweep under way is joined. Rejects when visibility or the database cannot be read. */
  function run(): Promise<SweepReport> {
    current ??= sweepOnce().finally(() => {
      current = undefined;
    });
    return current;
  }

  function later(): void {
    if (stopped) return;
    timer = setTimeout(() => {
      run()
        .catch((error: unknown) => options.onError?.(error, undefined))
        .finally(later);
    }, intervalMs);
  }

  return {
    run,
    /** Compares every open history in the next sweep: hints are known to have been lost. */
    distrust(): void {
      part = 'all';
    },
    /** Sweeps at once, and then again and again. */
    start(): void {
      stopped = false;
      halted = false;
      run()
        .catch((error: unknown) => options.onError?.(error, undefined))
        .finally(later);
    },
    /** Begins no other sweep and waits for the one under way. */
    async stop(): Promise<void> {
      stopped = true;
      halted = true;
      clearTimeout(timer);
      await current?.catch(() => undefined);
    },
    stats: () => ({ ...totals }),
  };
}
