/** Time as the limiter needs it; tests bring their own. */
export interface Clock {
  /** Milliseconds that never go back. */
  now(): number;
  /** Calls back once after `ms`; returns what cancels it. */
  after(ms: number, callback: () => void): () => void;
}

const systemClock: Clock = {
  now: () => performance.now(),
  after: (ms, callback) => {
    const timer = setTimeout(callback, ms);
    return () => clearTimeout(timer);
  },
};

export interface LimiterOptions {
  /** What the bucket drains. A portal's own bucket drains 2 a second. */
  perSecond?: number;
  /** Calls that may go at once after a quiet time. Other processes share the portal's 50. */
  burst?: number;
  /** A call that would wait longer is turned away, so that no worker slot is held for it. */
  maxWaitMs?: number;
  clock?: Clock;
}

export interface Limiter {
  /**
   * Resolves when a call may go, in the order of asking. Rejects with the signal's reason if
   * aborted, and with `LimiterFull` if the wait would be longer than `maxWaitMs`.
   */
  acquire(signal: AbortSignal): Promise<void>;
  /** Nothing goes for `ms`, and then without a burst. A shorter pause never ends a longer one. */
  pause(ms: number): void;
}

/** The wait would be too long; nothing was sent. */
export class LimiterFull extends Error {
  readonly retryAfterMs: number;

  constructor(retryAfterMs: number) {
    super(`The portal's call budget is used up for ${retryAfterMs} ms.`);
    this.name = 'LimiterFull';
    this.retryAfterMs = retryAfterMs;
  }
}

interface Waiter {
  go(): void;
  fail(reason: unknown): void;
}

/** A leaky bucket with a first-come queue: the budget of one portal within this process. */
export function createLimiter(options: LimiterOptions = {}): Limiter {
  const { perSecond = 2, burst = 10, maxWaitMs = 10_000, clock = systemClock } = options;
  const queue = new Set<Waiter>();
  let level = 0;
  let leakedAt = clock.now();
  let pausedUntil = leakedAt;
  let cancelTimer: (() => void) | undefined;

  const leak = (now: number) => {
    if (now <= leakedAt) return;
    level = Math.max(0, level - ((now - leakedAt) / 1000) * perSecond);
    leakedAt = now;
  };

  /** Until a call with `ahead` others before it may go. Call after `leak`. */
  const waitMs = (now: number, ahead: number) => {
    const overflow = level + ahead + 1 - burst;
    const free = leakedAt + Math.ceil(Math.max(0, overflow) * (1000 / perSecond) - 1e-6);
    return Math.max(0, free - now, pausedUntil - now);
  };

  const pump = () => {
    cancelTimer?.();
    cancelTimer = undefined;
    const now = clock.now();
    leak(now);
    for (const waiter of queue) {
      const wait = waitMs(now, 0);
      if (wait > 0) {
        cancelTimer = clock.after(wait, pump);
        return;
      }
      level += 1;
      queue.delete(waiter);
      waiter.go();
    }
  };

  return {
    acquire: (signal) =>
      new Promise((resolve, reject) => {
        if (signal.aborted) return reject(signal.reason);
        const now = clock.now();
        leak(now);
        const wait = waitMs(now, queue.size);
        if (wait > maxWaitMs) return reject(new LimiterFull(Math.ceil(wait)));
        const onAbort = () => {
          queue.delete(waiter);
          waiter.fail(signal.reason);
          pump();
        };
        const waiter: Waiter = {
          go: () => {
            signal.removeEventListener('abort', onAbort);
            resolve();
          },
          fail: (reason) => {
            signal.removeEventListener('abort', onAbort);
            reject(reason);
          },
        };
        signal.addEventListener('abort', onAbort, { once: true });
        queue.add(waiter);
        pump();
      }),
    pause: (ms) => {
      const until = clock.now() + ms;
      if (until <= pausedUntil) return;
      pausedUntil = until;
      // The portal's own bucket was full, so after the pause there is room for one call, not a burst.
      level = Math.max(0, burst - 1);
      leakedAt = until;
      if (ms > maxWaitMs) {
        for (const waiter of queue) waiter.fail(new LimiterFull(Math.ceil(ms)));
        queue.clear();
      }
      pump();
    },
  };
}
