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
    const unread = page.filter(({ runId }) => !known.has(runId));
    for await (const { of, reading } of readAhead(readChain, unread)) {
      if (known.has(of.runId) || reading.found !== 'run' || !reading.whole) continue;
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
  const executions = rows.map((row) => ({ workflowId: row.workflowId, runId: row.currentRunId, row }));
  for await (const { of, reading } of readAhead(readChain, executions)) {
    yield reading.found === 'run' && reading.whole ? { reading } : { gone: of.row };
  }
}

/** Histories read at the same time. */
const ABREAST = 16;

/** Reads the chains of these executions, some at a time, and gives them in their order. */
async function* readAhead<E extends { workflowId: string; runId: string }>(
  readChain: ReadChain,
  executions: readonly E[],
): AsyncGenerator<{ of: E; reading: ChainReading }> {
  for (let at = 0; at < executions.length; at += ABREAST) {
    const portion = executions.slice(at, at + ABREAST);
    yield* await Promise.all(
      portion.map(async (of) => ({ of, reading: await readChain(of.workflowId, of.runId) })),
    );
  }
}
