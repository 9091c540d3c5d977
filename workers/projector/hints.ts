import type { InjectedSinks } from '@temporalio/worker';
import { z } from 'zod';
import type { SqlClient } from '../../db/client.ts';
import type { ProjectionSinks } from '../../workflows/kit/sinks.ts';

/** A run's history is about to grow. Lossy: a hint that gets lost is made up for by the sweep. */
export interface Hint {
  workflowId: string;
  runId: string;
  /** Events that the worker had seen: the history will be longer. */
  historyLength: number;
  /** This execution is about to end. */
  last: boolean;
}

/** Takes hints on; must not throw. */
export type PublishHints = (hints: Hint[]) => void;

/** One hint that says what both said. */
export const mergeHints = (a: Hint, b: Hint): Hint => ({
  ...a,
  historyLength: Math.max(a.historyLength, b.historyLength),
  last: a.last || b.last,
});

/**
 * The worker's end of the `projection` sink: coalesces the hints of some milliseconds, one for each
 * execution, and publishes them together.
 */
export function createHintSink(publish: PublishHints, batchMs = 10): InjectedSinks<ProjectionSinks> {
  const waiting = new Map<string, Hint>();

  const flush = () => {
    const hints = [...waiting.values()];
    waiting.clear();
    publish(hints);
  };
  return {
    projection: {
      changed: {
        callDuringReplay: false,
        fn({ workflowId, runId, historyLength }, last) {
          const hint = { workflowId, runId, historyLength, last };
          const earlier = waiting.get(runId);
          // Never keeps a process alive: what is not told is swept.
          if (waiting.size === 0) setTimeout(flush, batchMs).unref();
          waiting.set(runId, earlier === undefined ? hint : mergeHints(earlier, hint));
        },
      },
    },
  };
}

const CHANNEL = 'projection_hints';
/** PostgreSQL takes payloads under 8000 bytes. */
const MAX_BYTES = 7_900;
const wire = z.array(z.tuple([z.string(), z.string(), z.number(), z.union([z.literal(0), z.literal(1)])]));

/** Hints as texts that each fit into one notification. A hint too long for one is left out. */
export function encodeHints(hints: Hint[]): string[] {
  const texts: string[] = [];
  let batch: string[] = [];
  let bytes = 2;
  const close = () => {
    if (batch.length > 0) texts.push(`[${batch.join(',')}]`);
    batch = [];
    bytes = 2;
  };
  for (const { workflowId, runId, historyLength, last } of hints) {
    const text = JSON.stringify([workflowId, runId, historyLength, last ? 1 : 0]);
    const size = Buffer.byteLength(text) + 1;
    if (size + 2 > MAX_BYTES) continue;
    if (bytes + size > MAX_BYTES) close();
    batch.push(text);
    bytes += size;
  }
  close();
  return texts;
}

/** The hints in a notification; none if it is not one of ours. */
export function decodeHints(text: string): Hint[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    return [];
  }
  const parsed = wire.safeParse(json);
  if (!parsed.success) return [];
  return parsed.data.map(([workflowId, runId, historyLength, last]) => ({
    workflowId,
    runId,
    historyLength,
    last: last === 1,
  }));
}

/** Publishes hints to projectors in other processes. `onLost` hears of notifications that could not be sent. */
export function notifyHints(
  client: Pick<SqlClient, 'notify'>,
  onLost: (error: unknown) => void = () => {},
): PublishHints {
  return (hints) => {
    for (const text of encodeHints(hints)) client.notify(CHANNEL, text).catch(onLost);
  };
}

/**
 * Receives the hints of other processes until the returned function is called. After a lost connection it
 * listens again by itself and calls `onGap`, since what was sent meanwhile is lost.
 */
export async function listenForHints(
  client: SqlClient,
  receive: PublishHints,
  onGap: () => void = () => {},
): Promise<() => Promise<void>> {
  let listening = false;
  const { unlisten } = await client.listen(
    CHANNEL,
    (text) => receive(decodeHints(text)),
    () => {
      if (listening) onGap();
      listening = true;
    },
  );
  return unlisten;
}
