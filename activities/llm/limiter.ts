export interface Limiter {
  /**
   * Waits for a place, first come, first served, and returns how to give it back (once).
   * Rejects with the signal's reason when aborted while waiting.
   */
  acquire(signal: AbortSignal): Promise<() => void>;
}

/** Bounds how many calls of one provider are in flight in this process. */
export function createLimiter(places: number): Limiter {
  let taken = 0;
  const queue: (() => void)[] = [];

  const release = (): (() => void) => {
    let given = false;
    return () => {
      if (given) return;
      given = true;
      const next = queue.shift();
      // The place is handed over rather than freed, so that nobody can slip in between.
      if (next === undefined) taken -= 1;
      else next();
    };
  };

  return {
    async acquire(signal) {
      signal.throwIfAborted();
      if (taken < places) {
        taken += 1;
        return release();
      }
      return await new Promise<() => void>((resolve, reject) => {
        const onAbort = (): void => {
          queue.splice(queue.indexOf(enter), 1);
          reject(signal.reason);
        };
        const enter = (): void => {
          signal.removeEventListener('abort', onAbort);
          resolve(release());
        };
        queue.push(enter);
        signal.addEventListener('abort', onAbort, { once: true });
      });
    },
  };
}
