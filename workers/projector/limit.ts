/** Runs at most so many tasks at a time; the others wait their turn, first come first served. */
export function createLimit(max: number) {
  let running = 0;
  const queue: (() => void)[] = [];

  return async function limited<T>(task: () => Promise<T>): Promise<T> {
    if (running >= max) await new Promise<void>((turn) => queue.push(turn));
    else running += 1;
    try {
      return await task();
    } finally {
      // The place goes straight to the next in line.
      const next = queue.shift();
      if (next) next();
      else running -= 1;
    }
  };
}
