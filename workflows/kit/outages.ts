import { failureClass } from './failures.ts';
import type { Run } from './run.ts';

/**
 * Tries until it works, however long the other side is away: pauses that grow while it certainly did nothing,
 * and after an unclear attempt its longest processing time, since only then does a look tell what it did.
 * So `attempt` looks before it writes. Throws what will never work: a refusal, a cancellation.
 */
export async function outlast<T>(run: Run, what: string, attempt: () => Promise<T>): Promise<T> {
  for (let tried = 1; ; tried++) {
    try {
      return await attempt();
    } catch (error) {
      const kind = failureClass(error);
      if (kind === undefined || kind === 'refused') throw error;
      if (kind === 'unknown') {
        const details = `whether ${what} took it`;
        await run.waitFor('provider', details, run.timing.unclearWriteMs, undefined, { mustElapse: true });
      } else {
        const pause = run.timing.outagePauseMs * 2 ** Math.min(tried - 1, 10);
        await run.waitFor('provider', `${what} (${kind})`, Math.min(pause, run.timing.outagePauseMaxMs));
      }
    }
  }
}
