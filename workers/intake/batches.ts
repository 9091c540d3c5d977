export interface BatchOptions<In, Out> {
  /** Does the work of all of them; answers in their order. */
  run(items: readonly In[]): Promise<readonly Out[]>;
  /** Items of one key are never under way at the same time, and go in the order they came. */
  keyOf(item: In): string;
  /** How many batches may be under way. */
  lanes: number;
  /** How many items a batch holds at most. */
  max: number;
}

interface Waiting<In, Out> {
  item: In;
  key: string;
  resolve(result: Out): void;
  reject(error: unknown): void;
}

/**
 * Lets callers of the same moment share one statement and one commit. Nobody waits for company: what comes while
 * every lane is busy goes together with the next.
 */
export function createBatches<In, Out>({ run, keyOf, lanes, max }: BatchOptions<In, Out>) {
  let queue: Waiting<In, Out>[] = [];
  let open = 0;
  const underWay = new Set<string>();
  let onIdle: (() => void)[] = [];

  function next(): void {
    while (open < lanes && queue.length > 0) {
      const batch: Waiting<In, Out>[] = [];
      queue = queue.filter((waiting) => {
        if (batch.length >= max || underWay.has(waiting.key)) return true;
        underWay.add(waiting.key);
        batch.push(waiting);
        return false;
      });
      if (batch.length === 0) return;
      void work(batch);
    }
  }

  async function work(batch: readonly Waiting<In, Out>[]): Promise<void> {
    open++;
    try {
      const results = await run(batch.map(({ item }) => item));
      if (results.length !== batch.length) throw new Error('A batch answered for fewer than it was given.');
      results.forEach((result, at) => {
        batch[at]?.resolve(result);
      });
    } catch (error) {
      for (const { reject } of batch) reject(error);
    } finally {
      open--;
      for (const { key } of batch) underWay.delete(key);
      next();
      if (open === 0) for (const tell of onIdle.splice(0)) tell();
    }
  }

  return {
    add: (item: In): Promise<Out> =>
      new Promise((resolve, reject) => {
        queue.push({ item, key: keyOf(item), resolve, reject });
        next();
      }),
    /** Resolves once nothing waits or is under way; after so many milliseconds also when it is never so. */
    idle: (withinMs: number): Promise<void> =>
      new Promise((resolve) => {
        if (open === 0) return resolve();
        const tell = () => {
          clearTimeout(late);
          resolve();
        };
        const late = setTimeout(() => {
          onIdle = onIdle.filter((other) => other !== tell);
          resolve();
        }, withinMs);
        onIdle.push(tell);
      }),
  };
}
