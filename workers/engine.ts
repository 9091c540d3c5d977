import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import type { Logger } from '../config/logger.ts';
import { ensureSearchAttributes } from './temporal.ts';

const PAUSE_MS = 200;
const MAX_PAUSE_MS = 5_000;

/**
 * Gets the engine ready for our runs, as soon as it can be reached: registers the search attributes that
 * are missing. Every role does so, because runs are started by some and executed by others.
 */
export function prepareEngine(client: Client, namespace: string, log: Logger) {
  const abort = new AbortController();
  let reason: string | undefined = 'the search attributes have not been checked yet';

  async function prepare(): Promise<void> {
    for (let pauseMs = PAUSE_MS; ; pauseMs = Math.min(pauseMs * 2, MAX_PAUSE_MS)) {
      try {
        const added = await client.withAbortSignal(abort.signal, () =>
          ensureSearchAttributes(client, namespace),
        );
        if (added.length > 0) log.info({ added, namespace }, 'Search attributes registered.');
        reason = undefined;
        return;
      } catch (error) {
        abort.signal.throwIfAborted();
        if (pauseMs === PAUSE_MS) log.warn({ err: error }, 'The engine is not ready; it is tried again.');
        reason = 'the search attributes could not be checked';
      }
      await sleep(pauseMs, undefined, { signal: abort.signal });
    }
  }

  const ready = prepare();
  // Whoever needs it waits for it; nobody may, in a process that only takes messages in.
  ready.catch(() => undefined);
  return {
    name: 'engine',
    /** Resolves once runs can be started; rejects when stopped before. */
    ready,
    notReady: (): string | undefined => reason,
    async stop(): Promise<void> {
      abort.abort();
      await ready.catch(() => undefined);
    },
  };
}

export type Engine = ReturnType<typeof prepareEngine>;
