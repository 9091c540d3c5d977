import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../db/client.ts';
import { runRow, stepRow } from '../../db/queries/projection.ts';
import { type StoredRun, storedRun } from '../../db/queries/projection-read.ts';
import type { ChainReading } from './chain.ts';
import { type Visited, type WalkOptions, walkRuns } from './walk.ts';

export interface VerifyOptions extends WalkOptions {
  /** How long a row may lag behind its history before that is drift. */
  patienceMs?: number;
  pauseMs?: number;
}

/** One place where a row is not what its history says. Values are canonical JSON; undefined: not there. */
export interface Difference {
  runId: string;
  workflowId: string;
  /** Column, or step key and column. */
  where: string;
  stored: string | undefined;
  folded: string | undefined;
}

export interface VerifyReport {
  same: number;
  /** Runs that differ. */
  drifted: number;
  /** Rows that cannot be checked because their history no longer exists. */
  gone: number;
  differences: Difference[];
}

/** JSON with sorted keys, so that equal values are equal bytes. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_key, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
      : inner,
  );
}

function cells({ run, steps }: StoredRun): Map<string, string> {
  const all = new Map(Object.entries(run).map(([column, value]) => [column, canonical(value)]));
  for (const step of steps) {
    for (const [column, value] of Object.entries(step)) all.set(`${step.key} ${column}`, canonical(value));
  }
  return all;
}

type Reading = ChainReading & { found: 'run' };

async function compare(db: Database, { run, steps }: Reading): Promise<Difference[]> {
  const stored = await storedRun(db, run.runId);
  const left = stored === undefined ? new Map<string, string>() : cells(stored);
  const right = cells({ run: runRow(run), steps: steps.map((step) => stepRow(run, step)) });
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((where) => left.get(where) !== right.get(where))
    .map((where) => ({
      runId: run.runId,
      workflowId: run.workflowId,
      where,
      stored: left.get(where),
      folded: right.get(where),
    }));
}

/**
 * Compares rows byte for byte with a fold of their histories, all of them unless `visits` names some. A run that moves
 * is looked at again until its row caught up.
 */
export async function verify(
  options: VerifyOptions,
  visits: AsyncIterable<Visited> = walkRuns(options),
): Promise<VerifyReport> {
  const { db, readChain, patienceMs = 3_000, pauseMs = 250 } = options;
  const report: VerifyReport = { same: 0, drifted: 0, gone: 0, differences: [] };
  for await (const visited of visits) {
    if ('gone' in visited) {
      report.gone += 1;
      continue;
    }
    let differences = await compare(db, visited.reading);
    for (let waited = 0; differences.length > 0 && waited < patienceMs; waited += pauseMs) {
      await sleep(pauseMs);
      const { run, asked } = visited.reading;
      const again = await readChain(run.workflowId, asked.runId);
      if (again.found === 'run') differences = await compare(db, again);
    }
    report[differences.length === 0 ? 'same' : 'drifted'] += 1;
    report.differences.push(...differences);
  }
  return report;
}
