import { inWorkflowContext, proxyActivities, proxySinks, sleep, workflowInfo } from '@temporalio/workflow';

/*
 * What mutated workflow code calls in the sandbox. Which mutant lives is said by a memo field of the history that
 * is replayed: one bundle and one worker serve them all.
 */

export type MutationSinks = { mutation: { reached(id: string): void } };

/** The memo field, and its value for a replay of the code as it is that tells which places it comes to. */
export const MEMO = 'mutant';
export const WATCH = 'watch';

const { mutation } = proxySinks<MutationSinks>();
/** Modules are shared by all workflows of a worker: what each has reached is kept apart. */
const reached = new Map<string, Set<string>>();

/** So often no history comes to mutated places: a mutant that does turns in a circle, and would for ever. */
const MOST_CHOICES = 5_000;
const choices = new Map<string, number>();

export function chosen(id: string): boolean {
  if (!inWorkflowContext()) return false;
  const { memo, runId } = workflowInfo();
  const wanted = memo?.[MEMO];
  if (wanted === WATCH) tell(runId, id);
  const replay = `${runId} ${wanted}`;
  const made = (choices.get(replay) ?? 0) + 1;
  choices.set(replay, made);
  if (made > MOST_CHOICES) throw new Error('The mutant never comes to an end.');
  return wanted === id;
}

function tell(runId: string, id: string): void {
  const known = reached.get(runId) ?? new Set();
  if (known.has(id)) return;
  reached.set(runId, known.add(id));
  mutation.reached(id);
}

/** In the place of a command whose result is waited for. */
export const never = (): Promise<never> => new Promise(() => undefined);

/** A timer that nobody waits for. */
export function timer(): void {
  void sleep(60_000).catch(() => undefined);
}

const { another } = proxyActivities<{ another(): Promise<never> }>({ startToCloseTimeout: '10s' });

/** An activity that no workflow has. */
export function other(): Promise<never> {
  const given = another();
  given.catch(() => undefined);
  return given;
}
