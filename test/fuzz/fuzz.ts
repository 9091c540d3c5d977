import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { type Hostile, hostileRequest, type Surface } from './requests.ts';

export interface FuzzOptions {
  url: string;
  surface: Surface;
  inputs: number;
  seed: number;
  say?: (line: string) => void;
}

export interface Fuzzed {
  inputs: number;
  /** How many were answered with each status. */
  statuses: Record<string, number>;
  /** Bytes by which the heap of this process grew between the end of the warm-up and the end. */
  grown: number;
  /** What went wrong, with what repeats it; undefined when nothing did. */
  failure: string | undefined;
}

/** Sent at the same time. */
const TOGETHER = 10;
const ANSWER_MS = 60_000;
/** What caches, pools and compiled code may take after a tenth of the inputs. */
const WARM_UP = 0.1;

/**
 * Sends hostile requests to a product that runs in this process. A failure is an answer of 500 or above, no
 * answer, or an error that nobody caught.
 */
export async function fuzz({
  url,
  surface,
  inputs,
  seed,
  say = () => undefined,
}: FuzzOptions): Promise<Fuzzed> {
  const statuses: Record<string, number> = {};
  const uncaught: unknown[] = [];
  const note = (error: unknown) => void uncaught.push(error);
  process.on('uncaughtException', note);
  process.on('unhandledRejection', note);
  let sent = 0;
  let round = 0;

  async function send(request: Hostile): Promise<void> {
    // Cleared with the answer: thousands that are still due would look like growth.
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(new Error('No answer came.')), ANSWER_MS);
    const answer = await fetch(`${url}${request.path}`, {
      method: request.method,
      headers: request.headers,
      ...(request.body === undefined ? {} : { body: request.body }),
      signal: late.signal,
    });
    const text = await answer.text();
    clearTimeout(timer);
    statuses[answer.status] = (statuses[answer.status] ?? 0) + 1;
    if (answer.status >= 500) throw new Error(`${answer.status}: ${text.slice(0, 500)}`);
    if (uncaught.length > 0) throw new Error(`Nobody caught: ${String(uncaught[0])}`);
    sent++;
    if (sent % 10_000 === 0) say(`${sent} of ${inputs}, heap ${(heapBytes() / 1024 ** 2).toFixed(0)} MB`);
  }

  const property = fc.asyncProperty(
    fc.array(hostileRequest(surface), { minLength: 1, maxLength: TOGETHER, size: 'max' }),
    async (requests) => {
      const ended = await Promise.allSettled(requests.map(send));
      const failed = ended.find((each) => each.status === 'rejected');
      if (failed) throw failed.reason;
    },
  );
  /** Until so many have been sent: lists are shorter than they may be. */
  async function checkUntil(total: number): Promise<string | undefined> {
    for (; sent < total; round++) {
      const numRuns = Math.ceil((total - sent) / TOGETHER);
      const { failed, counterexamplePath, counterexample, errorInstance } = await fc.check(property, {
        numRuns,
        seed: seed + round,
      });
      if (failed) return told(seed + round, counterexamplePath, counterexample?.[0], errorInstance);
    }
    return undefined;
  }
  try {
    const early = await checkUntil(Math.ceil(inputs * WARM_UP));
    const before = heapBytes();
    const failure = early ?? (await checkUntil(inputs));
    return { inputs: sent, statuses, grown: heapBytes() - before, failure };
  } finally {
    process.off('uncaughtException', note);
    process.off('unhandledRejection', note);
  }
}

function told(seed: number, path: string | null, requests: Hostile[] | undefined, error: unknown): string {
  const shrunk = (requests ?? []).map(({ method, path: at, headers, body }) =>
    [`${method} ${at}`, JSON.stringify(headers), body ?? ''].join('\n'),
  );
  const reason = error instanceof Error ? error.message : String(error);
  return [`${reason}`, `seed ${seed}, path ${path}, shrunk to:`, ...shrunk].join('\n');
}

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/** What is in use after everything that can go has gone. */
function heapBytes(): number {
  gc();
  gc();
  return process.memoryUsage().heapUsed;
}
