import { setTimeout as sleep } from 'node:timers/promises';
import type { Logger } from '../../config/logger.ts';
import { createLimit } from '../projector/limit.ts';

export interface PumpOptions {
  /** Tells the engine what is stored under this key; true when there is more. Rejects while the engine is away. */
  deliver(key: string): Promise<boolean>;
  /** Keys with something stored that nobody has been told of for longer than `olderThanMs`. */
  leftBehind(olderThanMs: number, limit: number): Promise<readonly string[]>;
  log: Logger;
  /** Takes a turn for the key; milliseconds to wait for it. */
  pace?: ((key: string) => number) | undefined;
  /** What is delivered, for the log: `Messages`. */
  what: string;
  /** How often what a crash or an outage left behind is looked for. */
  sweepMs?: number | undefined;
  /** Called by each sweep with the number of keys that it found waiting. */
  onLeftBehind?: ((keys: number) => void) | undefined;
}

/** A signal that the engine has not taken by then is sent again by the sweep. */
export const SIGNAL_MS = 5_000;

/** Deliveries under way at the same time: a backlog must not take the engine's breath when it is back. */
const CONCURRENCY = 16;
const SWEEP_LIMIT = 500;
/** What is younger belongs to a nudge that is still under way. */
const SWEEP_AGE_MS = 2_000;

/**
 * Delivers what was stored: at once when nudged, by a sweep after failures; one delivery per key at a time, and who
 * has more to deliver goes to the end of the line.
 * A delivery may be repeated, also by another replica: `deliver` must be harmless then.
 */
export function createPump(options: PumpOptions) {
  const { log, what } = options;
  /** Keys with a delivery under way; true when there is more to deliver after it. */
  const busy = new Map<string, boolean>();
  const working = new Set<Promise<void>>();
  const limited = createLimit(CONCURRENCY);
  let sweeping: NodeJS.Timeout | undefined;
  let failing = false;
  const abort = new AbortController();

  function nudge(key: string): void {
    if (abort.signal.aborted) return;
    if (busy.has(key)) {
      busy.set(key, true);
      return;
    }
    busy.set(key, false);
    const work = drain(key).finally(() => working.delete(work));
    working.add(work);
  }

  async function drain(key: string): Promise<void> {
    try {
      do {
        const waitMs = options.pace?.(key) ?? 0;
        if (waitMs > 0) await sleep(waitMs, undefined, { signal: abort.signal });
        await limited(async () => {
          if (abort.signal.aborted) return;
          busy.set(key, false);
          if (await options.deliver(key)) busy.set(key, true);
        });
        if (abort.signal.aborted) return;
      } while (busy.get(key));
      if (failing) log.info(`The engine takes ${what.toLowerCase()} again.`);
      failing = false;
    } catch (error) {
      if (abort.signal.aborted) return;
      // The rows stay as they are, and the sweep comes back to them. One line tells of an outage, not thousands.
      if (!failing) log.warn({ key, err: error }, `${what} are stored and wait for the engine.`);
      failing = true;
    } finally {
      busy.delete(key);
    }
  }

  async function sweep(): Promise<void> {
    try {
      const left = await options.leftBehind(SWEEP_AGE_MS, SWEEP_LIMIT);
      options.onLeftBehind?.(left.length);
      for (const key of left) nudge(key);
    } catch (error) {
      log.warn({ err: error }, `The sweep for stored ${what.toLowerCase()} failed; it comes again.`);
    }
    if (!abort.signal.aborted) sweeping = setTimeout(() => void sweep(), options.sweepMs ?? 2_000);
  }

  return {
    nudge,
    start: (): void => void sweep(),
    /** Waits for the deliveries under way. */
    async stop(): Promise<void> {
      abort.abort();
      clearTimeout(sweeping);
      await Promise.allSettled(working);
    },
  };
}
