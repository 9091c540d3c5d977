import { setTimeout as sleep } from 'node:timers/promises';

/**
 * Many ask, few are answered: whoever asks gets what the next look shows, and looks are at least `everyMs` apart.
 * A look that fails, because what it looks at was just killed, is repeated.
 */
export function createPulse<T>(look: () => Promise<T>, everyMs: number): () => Promise<T> {
  let next: Promise<T> | undefined;
  let last = 0;

  async function beat(): Promise<T> {
    for (;;) {
      await sleep(Math.max(1, last + everyMs - Date.now()));
      // Whoever asks from now on wants a later look.
      next = undefined;
      last = Date.now();
      try {
        return await look();
      } catch {
        await sleep(everyMs);
      }
    }
  }

  return () => {
    next ??= beat();
    return next;
  };
}
