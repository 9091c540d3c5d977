import { ActivityFailure, ApplicationFailure, TimeoutFailure } from '@temporalio/workflow';
import type { FailureClass } from '../../domain/failure.ts';

const CLASSES: readonly FailureClass[] = [
  'rate_limited',
  'unavailable',
  'refused',
  'misconfigured',
  'unknown',
];

/**
 * What a failed step says about its effect. A timeout is `unknown`: the worker may have died with the request
 * on its way; and so is whatever nobody classified, such as our own database being away. Undefined when the
 * step was cancelled or can never work.
 */
export function failureClass(error: unknown): FailureClass | undefined {
  if (!(error instanceof ActivityFailure)) return undefined;
  if (error.cause instanceof TimeoutFailure) return 'unknown';
  if (!(error.cause instanceof ApplicationFailure)) return undefined;
  const named = error.cause.type?.split('.').at(-1);
  return CLASSES.find((c) => c === named) ?? (error.cause.nonRetryable ? undefined : 'unknown');
}
