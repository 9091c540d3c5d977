import type { Loss, RunResult } from '../run.ts';
import type { Failure } from './event.ts';
import type { RunCause } from './state.ts';
import { storableJson, storableText } from './storable.ts';

const isLoss = (value: unknown): value is Loss =>
  typeof value === 'object' &&
  value !== null &&
  typeof (value as Partial<Loss>).missing === 'string' &&
  typeof (value as Partial<Loss>).instead === 'string';

function isRunResult(value: unknown): value is RunResult {
  if (typeof value !== 'object' || value === null) return false;
  const { outcome, losses } = value as Partial<RunResult>;
  return (outcome === 'succeeded' || outcome === 'degraded') && Array.isArray(losses) && losses.every(isLoss);
}

/** What a workflow's result says about the run. A result of another shape is the output of a run that succeeded. */
export function outcomeOf(result: unknown): RunResult {
  if (!isRunResult(result)) return { outcome: 'succeeded', losses: [], output: storableJson(result) };
  return {
    outcome: result.outcome,
    losses: result.losses.map(({ missing, instead }) => ({
      missing: storableText(missing),
      instead: storableText(instead),
    })),
    output: storableJson(result.output),
  };
}

/** The outermost failure that a program named; failing that, the outermost that is more than a wrapper. */
function telling(failure: Failure): Failure {
  let wrapped: Failure | undefined = failure;
  let first: Failure | undefined;
  while (wrapped !== undefined) {
    if (wrapped.kind === 'application') return wrapped;
    if (first === undefined && wrapped.kind !== 'activity' && wrapped.kind !== 'child') first = wrapped;
    wrapped = wrapped.cause;
  }
  return first ?? failure;
}

function messageOf(failure: Failure): string {
  const { cause } = failure;
  return cause === undefined
    ? failure.message
    : `${failure.message} (caused by ${cause.type}: ${cause.message})`;
}

/** Type and message of a failure, with what caused it. */
export function causeOf(failure: Failure | undefined): RunCause {
  if (failure === undefined) return { type: 'unknown', message: '' };
  const named = telling(failure);
  return { type: storableText(named.type), message: storableText(messageOf(named)) };
}

/** The same in one line, for a step. */
export function lineOf(failure: Failure | undefined): string | null {
  if (failure === undefined) return null;
  const { type, message } = causeOf(failure);
  return storableText(message === '' ? type : `${type}: ${message}`);
}
