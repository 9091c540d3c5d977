import type { Database } from '../../db/client.ts';
import { allRows, newestEnded } from '../../db/queries/projection-read.ts';
import type { Trouble } from '../../domain/alarm.ts';
import type { ReadChain } from '../projector/chain.ts';
import type { Damaged } from '../projector/look-back.ts';
import type { Mend } from '../projector/mend.ts';
import type { Sealing } from '../projector/seal.ts';
import { type Difference, verify } from '../projector/verify.ts';
import type { ListRuns } from '../projector/visibility.ts';
import { visitRows } from '../projector/walk.ts';
import type { Alarms } from './alarms.ts';

export interface DriftOptions {
  db: Database;
  alarms: Alarms;
  readChain: ReadChain;
  list: ListRuns;
  mend: Mend;
  sealing: Sealing;
  /** Rows whose digest does not fit and whose history is gone. */
  damaged: () => readonly Damaged[];
  /** Runs of one check: half of them those that ended last, half the next ones of a walk through all rows. */
  sample: number;
  random?: () => number;
}

/** A place that runs differ at may be shared by many; these tell enough. */
const PLACES = 3;

/**
 * Compares a sample of rows with their histories, again and again, and makes those that differ what they should be.
 * That should never be needed: the alarm stands until a later check of other runs finds nothing.
 */
export function createDriftWatch(options: DriftOptions) {
  const { db, alarms, sample, mend, random = Math.random } = options;
  let after: string | null | undefined;

  /** Begins anywhere: a process that often starts anew still comes to all rows. */
  async function portion(limit: number) {
    after ??= `${[...'xxxxxxxx'].map(() => Math.floor(random() * 16).toString(16)).join('')}-0000-0000-0000-000000000000`;
    const rows = await allRows(db, {}, after, limit);
    after = rows.length < limit ? null : rows.at(-1)?.runId;
    return rows;
  }

  return {
    async run(signal: AbortSignal): Promise<void> {
      const half = Math.ceil(sample / 2);
      const rows = new Map(
        [...(await newestEnded(db, half)), ...(await portion(half))].map((r) => [r.runId, r]),
      );
      const { differences } = await verify(options, visitRows(options.readChain, [...rows.values()]));
      if (signal.aborted) return;
      const ids = [...new Set(differences.map(({ runId }) => runId))];
      for (const id of ids) {
        const row = rows.get(id);
        if (row) await mend(row.workflowId, row.currentRunId);
      }
      await alarms.settle(['projection_drift'], troublesOf(differences, options.damaged()));
    },
  };
}

/** One for each process of a tenant. */
function troublesOf(differences: readonly Difference[], damaged: readonly Damaged[]): Trouble[] {
  const groups = new Map<
    string,
    { tenantId: string; process: string; runs: Set<string>; where: Set<string> }
  >();
  const add = (tenantId: string, process: string, run: string, where: string) => {
    const key = `${tenantId} ${process}`;
    const group = groups.get(key) ?? { tenantId, process, runs: new Set(), where: new Set() };
    groups.set(key, group);
    group.runs.add(run);
    group.where.add(where);
  };
  for (const { tenantId, process, workflowId, where } of differences) {
    // Of a step its column: its key means nothing to people.
    add(tenantId, process, workflowId, where.split(' ').at(-1) ?? where);
  }
  for (const { tenantId, process, workflowId } of damaged) add(tenantId, process, workflowId, 'digest');
  return [...groups.values()].map(({ tenantId, process, runs, where }) => ({
    tenantId,
    kind: 'projection_drift',
    subject: process,
    severity: 'warning',
    words: { process, count: runs.size, where: [...where].slice(0, PLACES).join(', ') },
  }));
}
