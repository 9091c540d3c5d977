import { setTimeout as sleep } from 'node:timers/promises';
import { type Client, ScheduleAlreadyRunning, ScheduleNotFoundError } from '@temporalio/client';
import type { Logger } from '../../config/logger.ts';
import type { Engine } from '../engine.ts';
import { ownSchedules, type PlannedSchedule } from './plan.ts';

export interface KeeperOptions {
  client: Client;
  engine: Pick<Engine, 'ready'>;
  taskQueue: string;
  planned: readonly PlannedSchedule[];
  log: Logger;
}

const PAUSE_MS = 1_000;
const MAX_PAUSE_MS = 60_000;

/**
 * Brings the engine's schedules in line with the definitions, once, as soon as the engine can be reached. Every
 * worker does so at its start, and several at a time do no harm: ids are given, what is right is left alone.
 */
export function keepSchedules({ client, engine, taskQueue, planned, log }: KeeperOptions) {
  const abort = new AbortController();

  async function keep(): Promise<void> {
    await engine.ready;
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      try {
        await client.withAbortSignal(abort.signal, () => reconcile(client, taskQueue, planned, log));
        return;
      } catch (error) {
        abort.signal.throwIfAborted();
        log.error({ err: error }, 'The schedules could not be brought in line; it is tried again.');
      }
      await sleep(pauseMs, undefined, { signal: abort.signal });
    }
  }

  const kept = keep();
  // Reported above; what stops it is the end of the process.
  kept.catch(() => undefined);
  return {
    /** Resolves once everything is in line; rejects when stopped before. */
    kept,
    async stop(): Promise<void> {
      abort.abort();
      await kept.catch(() => undefined);
    },
  };
}

/** Creates, changes and deletes what has to be, of the schedules of this installation. */
async function reconcile(
  client: Client,
  taskQueue: string,
  planned: readonly PlannedSchedule[],
  log: Logger,
): Promise<void> {
  const wanted = new Set(planned.map(({ id }) => id));
  for await (const { scheduleId } of client.schedule.list()) {
    if (!scheduleId.startsWith(ownSchedules(taskQueue)) || wanted.has(scheduleId)) continue;
    if (await remove(client, scheduleId)) log.info({ schedule: scheduleId }, 'Schedule deleted.');
  }
  for (const plan of planned) {
    const what = (await create(client, plan)) ? 'created' : await bringInLine(client, plan);
    if (what !== undefined) log.info({ schedule: plan.id }, `Schedule ${what}.`);
  }
}

async function create(client: Client, { options }: PlannedSchedule): Promise<boolean> {
  try {
    await client.schedule.create(options);
    return true;
  } catch (error) {
    if (error instanceof ScheduleAlreadyRunning) return false;
    throw error;
  }
}

/** Whoever paused a schedule, and why, is left as it is. */
async function bringInLine(
  client: Client,
  { id, options, fingerprint }: PlannedSchedule,
): Promise<'changed' | undefined> {
  const handle = client.schedule.getHandle(id);
  const { action } = await handle.describe();
  if (action.type === 'startWorkflow' && action.memo?.schedule === fingerprint) return undefined;
  await handle.update(({ state }) => ({
    spec: options.spec,
    action: options.action,
    policies: options.policies,
    state,
  }));
  return 'changed';
}

/** False for one that another worker, or somebody else, has deleted meanwhile: lists lag. */
async function remove(client: Client, id: string): Promise<boolean> {
  try {
    await client.schedule.getHandle(id).delete();
    return true;
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return false;
    throw error;
  }
}
