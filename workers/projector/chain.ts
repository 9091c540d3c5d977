import { foldAll } from '../../domain/history/fold.ts';
import { type ChainState, emptyChain, type RunFacts, type StepFacts } from '../../domain/history/state.ts';
import type { ExecutionHistory, HistoryReader } from './read.ts';

/** What became of the question for a run. */
export type ChainReading =
  | {
      found: 'run';
      run: RunFacts;
      steps: readonly StepFacts[];
      asked: ExecutionHistory;
      newestAt: number;
      whole: boolean;
    }
  /** A workflow that is no run, such as a conversation. */
  | { found: 'other' }
  /** The history of the execution asked for no longer exists. */
  | { found: 'gone' };

/** The run as stored when the given execution had ended, for chains whose oldest histories are gone. */
export type Restore = (currentRunId: string, asked: string) => Promise<ChainState | undefined>;

/**
 * Reads the chain of executions that one execution belongs to, from its start to its newest, and folds it.
 * Where the start is gone it goes on from what `restore` knows (`whole` is then false).
 * Rejects with the server's errors, and with `FoldError` on an impossible history.
 */
export function createChainReader({ read }: HistoryReader, restore?: Restore) {
  return async (workflowId: string, runId: string): Promise<ChainReading> => {
    const asked = await read(workflowId, runId);
    if (asked === undefined) return { found: 'gone' };
    if (asked.process === null) return { found: 'other' };

    const chain = [asked];
    let state: ChainState | undefined = emptyChain;
    for (let from = asked.continuedFrom; from !== undefined; ) {
      const before = await read(workflowId, from);
      if (before === undefined) {
        state = await restore?.(from, chain[0]?.runId ?? runId);
        break;
      }
      chain.unshift(before);
      from = before.continuedFrom;
    }
    if (state === undefined) return { found: 'gone' };
    for (let { next } = asked; next !== undefined; ) {
      const after = await read(workflowId, next);
      if (after === undefined) break;
      chain.push(after);
      next = after.next;
    }

    const folded = chain.reduce((before, { events }) => foldAll(events, before), state);
    if (folded.run === null) return { found: 'other' };
    const newestAt = chain.at(-1)?.events.at(-1)?.at ?? folded.run.queuedAt;
    return {
      found: 'run',
      run: folded.run,
      steps: folded.steps,
      asked,
      newestAt,
      whole: state === emptyChain,
    };
  };
}

export type ReadChain = ReturnType<typeof createChainReader>;
