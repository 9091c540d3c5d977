import { ApplicationFailure, ApplicationFailureCategory } from '@temporalio/common';
import { ProviderError } from '../domain/failure.ts';

/**
 * A provider's failure as Temporal understands it. The type names the provider and the class, so that a
 * workflow can decide; only what may pass is retried, after the delay the provider asked for.
 * `final`: whoever failed has already tried again by itself.
 */
export function toActivityFailure(error: unknown, { final = false } = {}): unknown {
  if (!(error instanceof ProviderError)) return error;
  const retryable = !final && (error.class === 'rate_limited' || error.class === 'unavailable');
  return ApplicationFailure.create({
    type: `${error.provider}.${error.class}`,
    message: error.message,
    nonRetryable: !retryable,
    ...(error.retryAfterMs === undefined ? {} : { nextRetryDelay: error.retryAfterMs }),
    ...(retryable ? { category: ApplicationFailureCategory.BENIGN } : {}),
  });
}

/** Not an error: the same attempt is due again after `delayMs`, without a trace in the history. */
export function notYet(type: string, message: string, delayMs: number): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nextRetryDelay: Math.max(1, Math.round(delayMs)),
    category: ApplicationFailureCategory.BENIGN,
  });
}
