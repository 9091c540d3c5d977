import type { Database } from '../../db/client.ts';
import { recordEvent } from '../../db/queries/events.ts';
import { type Place, replaceRun } from '../../db/queries/projection.ts';
import { rowsAt } from '../../db/queries/projection-read.ts';
import type { ReadChain } from './chain.ts';
import type { Sealing } from './seal.ts';
import { differencesOf } from './verify.ts';

/**
 * What became of a row that may not be what its history says. `moved`: the projector wrote it meanwhile, and nothing
 * was done. `gone`: there is no history to say it, or not the whole of it.
 */
export type Mended = 'same' | 'mended' | 'moved' | 'gone';

/** Makes single rows what their histories say, whatever was done to them, and notes what was not. */
export function createMender({ db, readChain, sealing }: MenderOptions) {
  /** Reads the row first: a history read after it has gone at least as far as anything the row can truly say. */
  return async (workflowId: string, runId: string): Promise<Mended> => {
    const [row] = await rowsAt(db, [runId]);
    const reading = await readChain(workflowId, runId);
    if (reading.found !== 'run' || !reading.whole) return 'gone';
    const { run, steps } = reading;
    const differences = await differencesOf(db, reading);
    if (differences.length === 0) return 'same';
    const behind = row === undefined || comesBefore(row, run);
    const impossible = row !== undefined && comesBefore(run, row) ? row : undefined;
    if (!(await replaceRun(db, run, steps, sealing.seal, impossible))) return 'moved';
    // A row that is only late has nothing wrong with it.
    if (!behind) {
      await recordEvent(db, {
        tenantId: run.tenantId,
        eventType: 'run.mended',
        subject: run.workflowId,
        data: {
          runId: run.runId,
          process: run.processId,
          where: differences.map(({ where }) => where).slice(0, 20),
        },
        correlationId: run.correlationId,
      });
    }
    return 'mended';
  };
}

export interface MenderOptions {
  db: Database;
  readChain: ReadChain;
  sealing: Sealing;
}

export type Mend = ReturnType<typeof createMender>;

const comesBefore = (a: Place, b: Place): boolean =>
  a.chainPlace < b.chainPlace || (a.chainPlace === b.chainPlace && a.lastEventId < b.lastEventId);
