export interface Backoff {
  /** A call that started at `startedAt` was turned away at `now`: how long to leave the portal alone. */
  failed(startedAt: number, now: number): number;
  /** A call that started at `startedAt` was served. */
  succeeded(startedAt: number): void;
}

/**
 * Delays that double from `baseMs` to `maxMs` while a portal turns calls away. Calls that were in
 * flight together count as one refusal, since they all met the same full bucket.
 */
export function createBackoff({ baseMs = 1000, maxMs = 30_000 } = {}): Backoff {
  let refusals = 0;
  let lastRefusalAt = Number.NEGATIVE_INFINITY;
  return {
    failed: (startedAt, now) => {
      if (startedAt >= lastRefusalAt) {
        refusals += 1;
        lastRefusalAt = now;
      }
      return Math.min(maxMs, baseMs * 2 ** (refusals - 1));
    },
    succeeded: (startedAt) => {
      if (startedAt >= lastRefusalAt) refusals = 0;
    },
  };
}
