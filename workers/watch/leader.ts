import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../config/logger.ts';
import type { SqlClient } from '../../db/client.ts';
import { type HeldLock, takeLock } from '../../db/locks.ts';

/** Something to look at again and again. */
export interface WatchTask {
  name: string;
  everyMs: number;
  run(signal: AbortSignal): Promise<void>;
}

export interface LeaderOptions {
  /** What is watched: of each name one process of all. */
  name?: string;
  /** Sessions for locks: with several replicas one watches. */
  locks: SqlClient;
  tasks: readonly WatchTask[];
  log: Logger;
  /** Called when this process stops being the one that watches. */
  onLost?: () => void;
}

const LOCK_CLASS = 8_273;
/** How soon a replica looks whether the one that watches is gone. */
const STANDBY_MS = 2_000;

/**
 * Runs tasks one after the other, each at its interval, in one process of all. A task that fails is logged and
 * comes again at its time; none can end the watch.
 */
export function startLeader({ name = 'watch', locks, tasks, log, onLost }: LeaderOptions): {
  stop(): Promise<void>;
} {
  const abort = new AbortController();
  const failing = new Set<string>();
  const running = run();

  async function run(): Promise<void> {
    while (!abort.signal.aborted) {
      let lock: HeldLock | undefined;
      try {
        lock = await takeLock(locks, LOCK_CLASS, name);
        if (lock) await watchWith(lock);
      } catch (error) {
        if (!abort.signal.aborted) log.warn({ err: error }, 'The watch pauses.');
      }
      if (lock) onLost?.();
      await lock?.unlock();
      await pause(STANDBY_MS);
    }
  }

  async function watchWith(lock: HeldLock): Promise<void> {
    log.info({ tasks: tasks.map((task) => task.name) }, 'Watching.');
    const began = Date.now();
    const due = tasks.map((task) => ({ task, at: began + task.everyMs }));
    while (!abort.signal.aborted) {
      const next = due.reduce((first, one) => (one.at < first.at ? one : first));
      await pause(Math.max(0, next.at - Date.now()));
      if (abort.signal.aborted) return;
      await lock.check();
      await attempt(next.task);
      next.at = Date.now() + next.task.everyMs;
    }
  }

  async function attempt(task: WatchTask): Promise<void> {
    try {
      await task.run(abort.signal);
      if (failing.delete(task.name)) log.info({ task: task.name }, 'The watch sees again.');
    } catch (error) {
      if (abort.signal.aborted) return;
      // One line tells of an outage, not one each look.
      if (!failing.has(task.name)) log.warn({ task: task.name, err: error }, 'The watch could not look.');
      failing.add(task.name);
    }
  }

  const pause = (ms: number) => sleep(ms, undefined, { signal: abort.signal }).catch(() => undefined);

  return {
    async stop() {
      abort.abort();
      await running;
    },
  };
}
