import { join } from 'node:path';
import type { InjectedSinks, Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from '../config/logger.ts';
import type { Settings } from '../config/settings.ts';
import type { ProjectionSinks } from '../workflows/kit/sinks.ts';
import { type ActivityParts, composeActivities } from './activities.ts';
import { keptBundle } from './bundle.ts';
import { createDataConverter } from './encryption/converter.ts';
import type { Engine } from './engine.ts';
import { connectWorker } from './temporal.ts';
import { createWorker } from './worker.ts';

export interface RuntimeOptions {
  settings: Pick<Settings, 'temporal' | 'encryption'>;
  engine: Engine;
  log: Logger;
  bundle: WorkflowBundleOption | undefined;
  sinks: InjectedSinks<ProjectionSinks>;
  parts: ActivityParts;
}

/**
 * The Temporal worker of this process. It comes up as soon as the engine can be reached, so a process may
 * start before the engine does; until then it is not ready.
 */
export function createRuntime({ settings, engine, log, bundle, sinks, parts }: RuntimeOptions) {
  const abort = new AbortController();
  let worker: Worker | undefined;

  async function run(): Promise<void> {
    const building = bundle ?? keptBundle(join(parts.settings.dataDir, 'bundles'));
    const [built] = await Promise.all([building, engine.ready]);
    const connection = await connectWorker(settings.temporal, abort.signal);
    try {
      abort.signal.throwIfAborted();
      worker = await createWorker({
        connection,
        settings: settings.temporal,
        dataConverter: createDataConverter(settings.encryption.keys),
        bundle: built,
        activities: composeActivities(parts),
        sinks,
      });
      const ended = worker.run();
      log.info({ taskQueue: settings.temporal.taskQueue }, 'Working.');
      // Stopped while it was being made: `stop` saw nothing to shut down.
      if (abort.signal.aborted) worker.shutdown();
      await ended;
    } finally {
      await connection.close();
    }
  }

  const running = run();
  return {
    name: 'worker',
    /** Rejects when the worker ended although nobody stopped it. */
    failed: running.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => {
        if (abort.signal.aborted) return new Promise<never>(() => {});
        throw error;
      },
    ),
    /** Why it takes no work now, or undefined when it does. */
    notReady(): string | undefined {
      const state = worker?.getState() ?? 'CONNECTING';
      return state === 'RUNNING' ? undefined : `worker is ${state.toLowerCase()}`;
    },
    /** Takes no more tasks, gives activities under way some seconds, and waits for them. */
    async stop(): Promise<void> {
      abort.abort();
      if (worker?.getState() === 'RUNNING') worker.shutdown();
      // Its failure has been reported by `failed`.
      await running.catch(() => undefined);
    },
  };
}
