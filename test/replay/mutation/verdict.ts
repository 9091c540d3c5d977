import { DeterminismViolationError } from '@temporalio/workflow';
import type { RecordedEvent } from '../../../workers/replay/divergence.ts';
import type { RecordedHistory } from '../corpus.ts';
import type { Given } from '../places.ts';
import { signalThatDiffers } from '../signals.ts';

/**
 * What became of a mutant, from what says least to what says most:
 * `unreached`: no history comes to its place.
 * `idle`: histories do, and it gives the commands that the code gives as it is, in the same order.
 * `reordered`: it only moves a local activity before or behind other commands of the same task. No replay sees that,
 * nor need it: the task is decided as a whole.
 * `beyond`: what it changes comes behind the last command of every history that comes there.
 * `survived`: it gives other commands, and no replay tells.
 * `failed`: the code threw, or turned in a circle.
 * `diverged`: a replay tells that the code is not the one that wrote the history.
 */
export const VERDICTS = [
  'unreached',
  'idle',
  'reordered',
  'beyond',
  'survived',
  'failed',
  'diverged',
] as const;
export type Verdict = (typeof VERDICTS)[number];

export interface Judged {
  mutant: string;
  verdict: Verdict;
  /** The history that showed it. */
  by?: string;
}

export const isCaught = ({ verdict }: Judged): boolean => verdict === 'diverged' || verdict === 'failed';

/** What one more history says about a mutant: that which says most holds. */
export function hear(
  judged: Judged,
  recorded: RecordedHistory,
  error: Error | undefined,
  asItIs: readonly Given[],
  mutated: readonly Given[],
): void {
  const verdict = verdictOf(recorded, error, asItIs, mutated);
  if (VERDICTS.indexOf(verdict) > VERDICTS.indexOf(judged.verdict)) {
    Object.assign(judged, { verdict, by: recorded.file });
  }
}

function verdictOf(
  { history }: RecordedHistory,
  error: Error | undefined,
  asItIs: readonly Given[],
  mutated: readonly Given[],
): Verdict {
  if (error) return error instanceof DeterminismViolationError ? 'diverged' : 'failed';
  if (signalThatDiffers(history.events, mutated)) return 'diverged';
  if (named(asItIs) === named(mutated)) return 'idle';
  const same = (which: (one: Given) => boolean) =>
    named(asItIs.filter(which)) === named(mutated.filter(which));
  if (same(isLocal) && same((one) => !isLocal(one))) return 'reordered';
  // The code gives more than an open history holds: what its next task would have done.
  const ordered = (given: readonly Given[]) =>
    given.filter((one) => !isLocal(one)).slice(0, recordedIn(history.events));
  return named(ordered(asItIs)) === named(ordered(mutated)) ? 'beyond' : 'survived';
}

const COMMANDED = new Set([
  'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
  'EVENT_TYPE_TIMER_STARTED',
  'EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED',
  'EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED',
]);

/** How many commands a history holds, local activities aside: their markers come when they are done. */
const recordedIn = (events: readonly RecordedEvent[]): number =>
  events.filter(({ eventType }) => COMMANDED.has(eventType)).length;

const isLocal = ({ kind }: Given): boolean => kind === 'local_activity';

const named = (given: readonly Given[]): string => given.map(({ kind, name }) => `${kind} ${name};`).join('');
