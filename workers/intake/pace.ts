export interface Pace {
  /** Turns of one key that may follow each other at once. */
  burst: number;
  /** After these one turn in this time, in milliseconds. */
  everyMs: number;
}

/** Keys are forgotten when they are rested; they are looked through when there are this many. */
const LOOK_THROUGH = 1_000;

/**
 * How long each key has to wait for its next turn: whoever takes few turns waits for none. What comes in between
 * goes along with the next turn, so a key that is always busy costs no more than one that is busy now and then.
 */
export function createPace({ burst, everyMs }: Pace, now: () => number = Date.now) {
  /** When a key will be rested: epoch milliseconds. */
  const restedAt = new Map<string, number>();
  let lookThrough = LOOK_THROUGH;

  return {
    /** Takes a turn; milliseconds until it begins. */
    take(key: string): number {
      const at = now();
      if (restedAt.size >= lookThrough) {
        for (const [other, rested] of restedAt) if (rested <= at) restedAt.delete(other);
        lookThrough = Math.max(LOOK_THROUGH, 2 * restedAt.size);
      }
      const begins = Math.max(at, (restedAt.get(key) ?? at) - (burst - 1) * everyMs);
      restedAt.set(key, Math.max(restedAt.get(key) ?? at, begins) + everyMs);
      return begins - at;
    },
    /** How many are remembered. */
    get size(): number {
      return restedAt.size;
    },
  };
}
