import { randomUUID } from 'node:crypto';
import type { SQL } from 'drizzle-orm';
import { PgDialect } from 'drizzle-orm/pg-core';
import { describe, expect, it } from 'vitest';
import type { Database } from '../../db/client.ts';
import type { RowPlace } from '../../db/queries/projection-read.ts';
import { createSweep, type SweepOptions } from './sweep.ts';
import type { Listed } from './visibility.ts';

/** Runs that wait, all of them with a row that is right. */
function waiting(count: number) {
  const rows: RowPlace[] = Array.from({ length: count }, (_, n) => {
    const runId = randomUUID();
    const place = { runId, workflowId: `w/${n}`, currentRunId: runId, chainPlace: 0, lastEventId: 9 };
    return { ...place, status: 'waiting_user', waitingOn: 'customer' };
  });
  const listed: Listed[] = rows.map(({ runId, workflowId }) => ({
    ...{ workflowId, runId, open: true, continued: false, historyLength: 0 },
    ...{ runState: 'waiting_user', waitingOn: 'customer', closedAt: undefined },
  }));
  // What is open is listed, so no page of rows is of interest.
  const execute = async (query: SQL) => (new PgDialect().sqlToQuery(query).sql.includes('limit') ? [] : rows);
  const asked: string[] = [];
  const options = {
    db: { execute } as unknown as Database,
    list: async function* ({ open }: { open?: boolean }) {
      yield open ? listed : [];
    },
    lengthOf: async (_: string, runId: string) => {
      asked.push(runId);
      return 9;
    },
    project: async () => 'unchanged',
    mend: async () => 'same',
    lookBack: async () => 0,
    sealing: {},
    taskQueues: [],
    thoroughEvery: 4,
  } as unknown as SweepOptions;
  return { options, ids: rows.map(({ runId }) => runId).sort(), asked: () => asked.splice(0).sort() };
}

describe('the lengths of open histories', () => {
  it('are all compared at first, and then each once in a round of sweeps, never many in one', async () => {
    const { options, ids, asked } = waiting(200);
    const sweep = createSweep(options);
    await sweep.run();
    expect(asked()).toEqual(ids);
    const round: string[] = [];
    for (let n = 0; n < 4; n++) {
      await sweep.run();
      const now = asked();
      expect(now.length).toBeLessThan(100);
      round.push(...now);
    }
    expect(round.sort()).toEqual(ids);
  });

  it('are all compared again when hints were lost, also while a sweep was under way', async () => {
    const { options, ids, asked } = waiting(20);
    const sweep = createSweep(options);
    await sweep.run();
    asked();
    const running = sweep.run();
    sweep.distrust();
    await running;
    asked();
    await sweep.run();
    expect(asked()).toEqual(ids);
  });
});
