import { FoldError, type RunFacts, type StepFacts } from '../../domain/history/state.ts';
import type { ChainReading, ReadChain } from './chain.ts';
import { type Hint, mergeHints } from './hints.ts';
import { createLimit } from './limit.ts';

export interface ProjectorOptions {
  readChain: ReadChain;
  /** Stores a reading; false if what is stored is as new. */
  write: (run: RunFacts, steps: readonly StepFacts[]) => Promise<boolean>;
  /** Histories read at the same time. */
  concurrency?: number;
  /** How long the hints of a run that goes on are collected. */
  gatherMs?: number;
  /** How long the server gets to write the events of a run that ends, before the first read. */
  lastMs?: number;
  /** Longest pause between two reads that found no news. */
  maxPauseMs?: number;
  /** A hint whose promise does not come true in this time is left to the sweep. */
  patienceMs?: number;
  /** Age of the newest event when its row was written, for each write that a hint caused. */
  onLag?: (milliseconds: number) => void;
  onError?: (error: unknown, hint: Hint) => void;
  now?: () => number;
}

export interface ProjectorStats {
  hints: number;
  reads: number;
  /** Rows written. */
  writes: number;
  /** Readings that were not newer than the row. */
  refused: number;
  /** Readings that came before the server had written what the hint promised. */
  early: number;
  /** Readings that failed and were tried again. */
  retries: number;
  /** Hints given up: the history never grew, is impossible, or could not be read. */
  abandoned: number;
  /** Histories that no longer exist. */
  gone: number;
  pending: number;
}

interface Pending {
  hint: Hint;
  since: number;
  pauseMs: number;
  due: number;
  timer: NodeJS.Timeout | undefined;
  reading: boolean;
  /** Last event of the last reading, so that a repeated one is not written twice. */
  seen: string;
}

/**
 * Turns hints into rows: waits a moment so that a short run is read once or twice, reads the history until it
 * holds what the hint promised, folds it and writes it. Hints may come late, twice, in any order or not at all.
 */
export function createProjector(options: ProjectorOptions) {
  const { readChain, gatherMs = 250, lastMs = 20, maxPauseMs = 2_000, patienceMs = 30_000 } = options;
  const now = options.now ?? Date.now;
  const limited = createLimit(options.concurrency ?? 8);
  const pending = new Map<string, Pending>();
  const counts: Omit<ProjectorStats, 'pending'> = {
    hints: 0,
    reads: 0,
    writes: 0,
    refused: 0,
    early: 0,
    retries: 0,
    abandoned: 0,
    gone: 0,
  };
  const working = new Set<Promise<void>>();
  let running = false;

  function schedule(entry: Pending, afterMs: number): void {
    const due = now() + afterMs;
    if (entry.timer !== undefined && entry.due <= due) return;
    clearTimeout(entry.timer);
    entry.due = due;
    entry.timer = setTimeout(() => {
      entry.timer = undefined;
      const work = limited(() => attend(entry)).finally(() => working.delete(work));
      working.add(work);
    }, afterMs);
  }

  async function attend(entry: Pending): Promise<void> {
    if (!running || entry.reading) return;
    entry.reading = true;
    const promised = entry.hint;
    let settled = false;
    try {
      settled = await look(entry, promised);
    } catch (error) {
      options.onError?.(error, promised);
      // An impossible history stays impossible.
      settled = error instanceof FoldError;
      counts[settled ? 'abandoned' : 'retries'] += 1;
    }
    entry.reading = false;
    if (settled && entry.hint === promised) {
      pending.delete(promised.runId);
      return;
    }
    if (!settled && now() - entry.since > patienceMs) {
      counts.abandoned += 1;
      pending.delete(promised.runId);
      return;
    }
    if (settled) Object.assign(entry, { since: now(), pauseMs: lastMs });
    else entry.pauseMs = Math.min(entry.pauseMs * 2, maxPauseMs);
    if (running) schedule(entry, settled && !entry.hint.last ? gatherMs : entry.pauseMs);
  }

  /** Reads and writes once; whether the hint has come true. */
  async function look(entry: Pending, hint: Hint): Promise<boolean> {
    counts.reads += 1;
    const reading = await readChain(hint.workflowId, hint.runId);
    if (reading.found === 'gone') counts.gone += 1;
    if (reading.found !== 'run') return true;
    const { asked, run } = reading;
    const settled = asked.closed || (!hint.last && asked.length > hint.historyLength);
    if (!settled) counts.early += 1;
    const seen = `${run.chainPlace}/${run.lastEventId}`;
    // What came early is written only when the rest keeps one waiting.
    if (!settled && (entry.seen === seen || now() - entry.since < 2 * gatherMs)) return false;
    if (await write(reading)) options.onLag?.(Math.max(0, now() - reading.newestAt));
    entry.seen = seen;
    return settled;
  }

  async function write({ run, steps }: ChainReading & { found: 'run' }): Promise<boolean> {
    const written = await options.write(run, steps);
    counts[written ? 'writes' : 'refused'] += 1;
    return written;
  }

  /** Takes hints on; they are dropped while the projector does not run. */
  function hint(hints: Hint[]): void {
    if (!running) return;
    counts.hints += hints.length;
    for (const one of hints) {
      const known = pending.get(one.runId);
      const entry: Pending = known ?? {
        hint: one,
        since: now(),
        pauseMs: lastMs,
        due: 0,
        timer: undefined,
        reading: false,
        seen: '',
      };
      if (known === undefined) pending.set(one.runId, entry);
      else {
        const merged = mergeHints(known.hint, one);
        if (merged.last === known.hint.last && merged.historyLength === known.hint.historyLength) continue;
        known.hint = merged;
        // A reading under way looks again by itself.
        if (known.reading) continue;
      }
      schedule(entry, entry.hint.last ? lastMs : gatherMs);
    }
  }

  /** Reads one execution's run now and writes its row. Rejects when that fails. For the sweep. */
  async function project(
    workflowId: string,
    runId: string,
  ): Promise<'written' | 'unchanged' | 'other' | 'gone'> {
    counts.reads += 1;
    const reading = await limited(() => readChain(workflowId, runId));
    if (reading.found !== 'run') return reading.found;
    return (await write(reading)) ? 'written' : 'unchanged';
  }

  return {
    hint,
    project,
    start(): void {
      running = true;
    },
    /** Forgets what is pending (the sweep finds it) and waits for readings under way. */
    async stop(): Promise<void> {
      running = false;
      for (const entry of pending.values()) clearTimeout(entry.timer);
      pending.clear();
      await Promise.allSettled(working);
    },
    stats: (): ProjectorStats => ({ ...counts, pending: pending.size }),
  };
}

export type Projector = ReturnType<typeof createProjector>;
