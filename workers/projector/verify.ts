import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../db/client.ts';
import { runRow, stepRow } from '../../db/queries/projection.ts';
import { type RowPlace, type StoredRun, sealedRun, storedRun } from '../../db/queries/projection-read.ts';
import { canonical } from './canonical.ts';
import type { ChainReading } from './chain.ts';
import { type Sealing, unsigned } from './seal.ts';
import { type Visited, type WalkOptions, walkRuns } from './walk.ts';

export interface VerifyOptions extends WalkOptions {
  /** How long a row may lag behind its history before that is drift. */
  patienceMs?: number;
  pauseMs?: number;
  /** Checks the digests of rows whose histories are gone; nobody's signature unless given. */
  sealing?: Sealing;
}

/** One place where a row is not what its history says. Values are canonical JSON; undefined: not there. */
export interface Difference {
  runId: string;
  workflowId: string;
  tenantId: string;
  process: string;
  /** Column, or step key and column. */
  where: string;
  stored: string | undefined;
  folded: string | undefined;
}

export interface VerifyReport {
  same: number;
  /** Runs that differ. */
  drifted: number;
  /** Rows whose history no longer exists, `sealed` of them with a digest that fits. */
  gone: number;
  sealed: number;
  differences: Difference[];
}

function cells({ run, steps }: StoredRun): Map<string, string> {
  const all = new Map(Object.entries(run).map(([column, value]) => [column, canonical(value)]));
  for (const step of steps) {
    for (const [column, value] of Object.entries(step)) all.set(`${step.key} ${column}`, canonical(value));
  }
  return all;
}

type Reading = ChainReading & { found: 'run' };

/** Where the row of a run, or one of its steps, is not what its history says. */
export async function differencesOf(db: Database, { run, steps }: Reading): Promise<Difference[]> {
  const stored = await storedRun(db, run.runId);
  const left = stored === undefined ? new Map<string, string>() : cells(stored);
  const right = cells({ run: runRow(run), steps: steps.map((step) => stepRow(run, step)) });
  return [...new Set([...left.keys(), ...right.keys()])]
    .filter((where) => left.get(where) !== right.get(where))
    .map((where) => ({
      runId: run.runId,
      workflowId: run.workflowId,
      tenantId: run.tenantId,
      process: run.processId,
      where,
      stored: left.get(where),
      folded: right.get(where),
    }));
}

/** What the digest of a row says, where no history can. */
async function asSealed(db: Database, sealing: Sealing, { runId, workflowId }: RowPlace) {
  const stored = await sealedRun(db, runId);
  const state = stored?.run.ended_at ? sealing.check(stored) : 'unsealed';
  if (stored === undefined || state !== 'changed') return { state };
  const { tenant_id, process_id } = stored.run;
  const whose = { runId, workflowId, tenantId: String(tenant_id), process: String(process_id) };
  return { state, difference: { ...whose, where: 'digest', stored: 'of another row', folded: undefined } };
}

/**
 * Compares rows byte for byte with a fold of their histories, all of them unless `visits` names some. A run that moves
 * is looked at again until its row caught up. A row whose history is gone is compared with its digest.
 */
export async function verify(
  options: VerifyOptions,
  visits: AsyncIterable<Visited> = walkRuns(options),
): Promise<VerifyReport> {
  const { db, readChain, patienceMs = 3_000, pauseMs = 250, sealing = unsigned } = options;
  const report: VerifyReport = { same: 0, drifted: 0, gone: 0, sealed: 0, differences: [] };
  for await (const visited of visits) {
    if ('gone' in visited) {
      report.gone += 1;
      const { state, difference } = await asSealed(db, sealing, visited.gone);
      if (state === 'intact') report.sealed += 1;
      if (difference) {
        report.drifted += 1;
        report.differences.push(difference);
      }
      continue;
    }
    let differences = await differencesOf(db, visited.reading);
    for (let waited = 0; differences.length > 0 && waited < patienceMs; waited += pauseMs) {
      await sleep(pauseMs);
      const { run, asked } = visited.reading;
      const again = await readChain(run.workflowId, asked.runId);
      if (again.found === 'run') differences = await differencesOf(db, again);
    }
    report[differences.length === 0 ? 'same' : 'drifted'] += 1;
    report.differences.push(...differences);
  }
  return report;
}
