import { Context } from '@temporalio/activity';

/**
 * Heartbeats while `work` runs, so that the server notices within seconds when this worker is killed,
 * and hands over a signal that fires on cancellation or after `deadlineMs`.
 */
export async function withHeartbeat<T>(
  deadlineMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const context = Context.current();
  const beat = setInterval(() => context.heartbeat(), 1_000);
  try {
    return await work(AbortSignal.any([context.cancellationSignal, AbortSignal.timeout(deadlineMs)]));
  } finally {
    clearInterval(beat);
  }
}
