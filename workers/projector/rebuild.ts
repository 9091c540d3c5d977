import { replaceRun } from '../../db/queries/projection.ts';
import { type Sealing, unsigned } from './seal.ts';
import { type WalkOptions, walkRuns } from './walk.ts';

export interface RebuildOptions extends WalkOptions {
  /** Signs the digests of ended runs; unsigned unless given. */
  sealing?: Sealing;
}

export interface RebuildReport {
  /** Rows made anew from their histories. */
  rebuilt: number;
  /** Rows left alone because the projector had written a newer reading meanwhile. */
  newer: number;
  /** Rows left as they are because their history no longer exists. */
  kept: number;
}

/** Makes the rows of all runs anew from their histories; a row whose history is gone stays. Safe while others project. */
export async function rebuild(options: RebuildOptions): Promise<RebuildReport> {
  const report: RebuildReport = { rebuilt: 0, newer: 0, kept: 0 };
  const { db, sealing = unsigned } = options;
  for await (const visited of walkRuns(options)) {
    if ('gone' in visited) report.kept += 1;
    else {
      const { run, steps } = visited.reading;
      report[(await replaceRun(db, run, steps, sealing.seal)) ? 'rebuilt' : 'newer'] += 1;
    }
  }
  return report;
}
