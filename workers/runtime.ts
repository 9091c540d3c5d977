import type { Client } from '@temporalio/client';
import type { InjectedSinks, Worker, WorkflowBundleOption } from '@temporalio/worker';
import type { Logger } from '../config/logger.ts';
import type { Settings } from '../config/settings.ts';
import type { ProjectionSinks } from '../workflows/kit/sinks.ts';
import { type ActivityParts, composeActivities } from './activities.ts';
import { connectWorker, ensureSearchAttributes } from './temporal.ts';
import { bundleWorkflows, createWorker } from './worker.ts';

export interface RuntimeOptions {
  settings: Settings;
  client: Client;
  log: Logger;
  bundle: WorkflowBundleOption | undefined;
  sinks: InjectedSinks<ProjectionSinks>;
  parts: ActivityParts;
}

/**
 * The Temporal worker of this process. It comes up as soon as the engine can be reached, so a process may
 * start before the engine does; until then it is not ready.
 */
export function createRuntime({ settings, client, log, bundle, sinks, parts }: RuntimeOptions) {
  const abort = new AbortController();
  let worker: Worker | undefined;
  let state: 'connecting' | 'running' | 'stopped' = 'connecting';

  async function run(): Promise<void> {
    const built = bundle ?? (await bundleWorkflows());
    const connection = await connectWorker(settings.temporal, abort.signal);
    try {
      const added = await ensureSearchAttributes(client, settings.temporal.namespace);
      if (added.length > 0) log.info({ added }, 'Search attributes registered.');
      if (abort.signal.aborted) return;
      worker = await createWorker({
        connection,
        settings: settings.temporal,
        bundle: built,
        activities: composeActivities(parts),
        sinks,
      });
      state = 'running';
      await worker.run();
    } finally {
      state = 'stopped';
      await connection.close();
    }
  }

  const running = run();
  return {
    /** Rejects when the worker ended although nobody stopped it. */
    failed: running.then(
      () => new Promise<never>(() => {}),
      (error: unknown) => {
        if (abort.signal.aborted) return new Promise<never>(() => {});
        throw error;
      },
    ),
    /** Why it takes no work now, or undefined when it does. */
    notReady: (): string | undefined => (state === 'running' ? undefined : `worker is ${state}`),
    async stop(): Promise<void> {
      abort.abort();
      if (worker && state === 'running') worker.shutdown();
      // Its failure has been reported by `failed`.
      await running.catch(() => undefined);
    },
  };
}

export type WorkerRuntime = ReturnType<typeof createRuntime>;
