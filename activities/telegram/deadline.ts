import type { Api } from 'grammy';

/** grammY declares a look-alike of the platform's `AbortSignal` and takes the real one. */
export type ApiSignal = NonNullable<Parameters<Api['getMe']>[0]>;

/**
 * Runs a call with a signal that fires when the caller gives up or the time is over, and takes its listener
 * and timer away afterwards.
 */
export async function withDeadline<T>(
  signal: AbortSignal | undefined,
  timeoutMs: number,
  call: (signal: ApiSignal) => Promise<T>,
): Promise<T> {
  const controller = new AbortController();
  const abort = () => controller.abort();
  const timer = setTimeout(abort, timeoutMs);
  if (signal?.aborted) abort();
  signal?.addEventListener('abort', abort);
  try {
    return await call(controller.signal as unknown as ApiSignal);
  } finally {
    clearTimeout(timer);
    signal?.removeEventListener('abort', abort);
  }
}
