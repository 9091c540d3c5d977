import type { Database } from '../../db/client.ts';
import { allRows, type RowFilter, type RowPlace } from '../../db/queries/projection-read.ts';
import type { ChainReading, ReadChain } from './chain.ts';
import type { ListRuns } from './visibility.ts';

export interface WalkOptions extends RowFilter {
  db: Database;
  list: ListRuns;
  readChain: ReadChain;
  /** Task queues of this installation; the whole namespace where none is named. */
  taskQueues?: readonly string[] | undefined;
}

export type Visited =
  | { reading: ChainReading & { found: 'run' } }
  /** A row whose history, or the beginning of it, no longer exists. */
  | { gone: RowPlace };

/** Visits every run once: those that visibility lists, then the rows that it does not. */
export async function* walkRuns(options: WalkOptions): AsyncGenerator<Visited> {
  const { db, list, readChain, taskQueues, tenant, since } = options;
  const visited = new Set<string>();
  // A chain is listed once for each execution.
  const known = new Set<string>();

  for await (const page of list({ taskQueues, tenant, startedSince: since })) {
    for (const { workflowId, runId } of page) {
      if (known.has(runId)) continue;
      const reading = await readChain(workflowId, runId);
      if (reading.found !== 'run' || !reading.whole) continue;
      known.add(reading.run.currentRunId);
      if (visited.has(reading.run.runId)) continue;
      visited.add(reading.run.runId);
      yield { reading };
    }
  }
  for (let after: string | null = null; ; ) {
    const rows: RowPlace[] = await allRows(db, { tenant, since }, after, 200);
    yield* visitRows(
      readChain,
      rows.filter(({ runId }) => !visited.has(runId)),
    );
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.runId;
  }
}

/** Visits the runs of these rows. */
export async function* visitRows(readChain: ReadChain, rows: readonly RowPlace[]): AsyncGenerator<Visited> {
  for (const row of rows) {
    const reading = await readChain(row.workflowId, row.currentRunId);
    yield reading.found === 'run' && reading.whole ? { reading } : { gone: row };
  }
}
