import { redactSecrets } from '../domain/redact.ts';
import type { ReadinessCheck } from './deps.ts';

export interface ReadinessReport {
  ready: boolean;
  checks: Array<{ name: string; ok: boolean; reason?: string; note?: string; ms: number }>;
}

const DEFAULT_TIMEOUT_MS = 2_000;

/** Asks all dependencies at once. Probes that come while one is under way share its answer. */
export function readiness(checks: readonly ReadinessCheck[]): () => Promise<ReadinessReport> {
  let pending: Promise<ReadinessReport> | undefined;
  const ask = async (): Promise<ReadinessReport> => {
    const results = await Promise.all(checks.map(run));
    return { ready: results.every(({ ok }) => ok), checks: results };
  };
  return () => {
    pending ??= ask().finally(() => {
      pending = undefined;
    });
    return pending;
  };
}

async function run({ name, check, timeoutMs = DEFAULT_TIMEOUT_MS }: ReadinessCheck) {
  const begun = performance.now();
  const ms = () => Math.round(performance.now() - begun);
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      abort.abort();
      reject(new Error(`no answer within ${timeoutMs} ms`));
    }, timeoutMs);
  });
  try {
    // The race ends also when a check ignores the signal.
    const note = await Promise.race([check(abort.signal), timeout]);
    return { name, ok: true, ...(note === undefined ? {} : { note }), ms: ms() };
  } catch (error) {
    return { name, ok: false, reason: reasonOf(error), ms: ms() };
  } finally {
    clearTimeout(timer);
  }
}

/** One line that a person understands, without credentials. Connection errors often have only a code. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed';
  const { code } = error as { code?: unknown };
  const text = error.message || (typeof code === 'string' ? code : error.name);
  return redactSecrets(text.split('\n')[0] ?? '').slice(0, 200);
}
