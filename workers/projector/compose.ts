import type { Client } from '@temporalio/client';
import type { Database, SqlClient } from '../../db/client.ts';
import { upsertRun } from '../../db/queries/projection.ts';
import { restoreChain } from '../../db/queries/projection-read.ts';
import { createChainReader } from './chain.ts';
import { type Hint, listenForHints } from './hints.ts';
import { createLimit } from './limit.ts';
import { createLookBack } from './look-back.ts';
import { createMender } from './mend.ts';
import { createProjector, type ProjectorOptions } from './projector.ts';
import { createHistoryReader, isNotFound } from './read.ts';
import { type Sealing, unsigned } from './seal.ts';
import { createSweep, type SweepOptions } from './sweep.ts';
import { createRunLister } from './visibility.ts';

/** What all work on the projection needs: the engine to read from, the database to write to. */
export interface ProjectionBase {
  client: Client;
  db: Database;
  /** Called once a history request to the server. */
  onRequest?: () => void;
}

/** Readers on the engine, shared by projector, sweep, rebuild and verify. */
export function createReaders({ client, db, onRequest }: ProjectionBase) {
  const { namespace, loadedDataConverter: dataConverter } = client.options;
  const source = {
    service: client.workflowService,
    namespace,
    dataConverter,
    ...(onRequest ? { onRequest } : {}),
  };
  const readChain = createChainReader(createHistoryReader(source), (from, asked) =>
    restoreChain(db, from, asked),
  );
  return { readChain, list: createRunLister(source) };
}

export interface ProjectionOptions
  extends ProjectionBase,
    Pick<ProjectorOptions, 'concurrency' | 'gatherMs' | 'lastMs' | 'patienceMs' | 'onLag'>,
    Pick<SweepOptions, 'overlapMs' | 'thoroughEvery' | 'taskQueues'> {
  /** Pool to receive other processes' hints with; left out where workers and projector share a process. */
  listenWith?: SqlClient;
  /** Signs the digests of ended runs; unsigned unless given. */
  sealing?: Sealing;
  sweepMs?: number;
  onError?: (error: unknown, about: Hint | { workflowId: string; runId: string } | undefined) => void;
}

/**
 * The projector with its sweep, ready to start. `hint` takes the hints of workers in this process.
 * `start` resolves once it listens; nothing is swept before.
 */
export function createProjection(options: ProjectionOptions) {
  const { client, db, listenWith, sweepMs, sealing = unsigned, ...rest } = options;
  const { readChain, list } = createReaders(options);
  const projector = createProjector({
    ...rest,
    readChain,
    write: (run, steps) => upsertRun(db, run, steps, sealing.seal),
  });
  const mend = createMender({ db, readChain, sealing });
  const lookBack = createLookBack({ db, list, mend, sealing, taskQueues: options.taskQueues });
  const limited = createLimit(options.concurrency ?? 8);

  const lengthOf = (workflowId: string, runId: string) =>
    limited(async () => {
      try {
        const { workflowExecutionInfo: info } = await client.workflowService.describeWorkflowExecution({
          namespace: client.options.namespace,
          execution: { workflowId, runId },
        });
        return Number(info?.historyLength ?? 0);
      } catch (error) {
        if (isNotFound(error)) return undefined;
        throw error;
      }
    });
  const sweep = createSweep({
    ...rest,
    db,
    list,
    lengthOf,
    project: projector.project,
    mend,
    sealing,
    lookBack: lookBack.look,
    ...(sweepMs === undefined ? {} : { intervalMs: sweepMs }),
  });
  let unlisten: (() => Promise<void>) | undefined;

  return {
    hint: projector.hint,
    project: projector.project,
    sweep: sweep.run,
    mend,
    readChain,
    list,
    sealing,
    /** Ended runs that are not what was sealed, and whose histories are gone. */
    damaged: lookBack.damaged,
    async start(): Promise<void> {
      projector.start();
      if (listenWith) unlisten = await listenForHints(listenWith, projector.hint, sweep.distrust);
      sweep.start();
    },
    /** Takes no more hints, ends readings and sweep. */
    async stop(): Promise<void> {
      await unlisten?.();
      await sweep.stop();
      await projector.stop();
    },
    stats: () => ({ projector: projector.stats(), sweep: sweep.stats() }),
  };
}

export type Projection = ReturnType<typeof createProjection>;
