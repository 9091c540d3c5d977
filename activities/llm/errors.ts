import { type FailureClass, ProviderError, type ProviderFailure } from '../../domain/failure.ts';

/** What lies behind a failure, finer than its class: the chain and the ledger tell these apart. */
export type LlmErrorKind = 'error' | 'timeout' | 'loading' | 'busy' | 'invalid' | 'circuit_open';

/**
 * A failure of one model call. The message is made here and never quotes the provider: providers
 * echo prompts in their errors.
 */
export class LlmError extends ProviderError {
  readonly kind: LlmErrorKind;

  constructor(failure: ProviderFailure & { kind?: LlmErrorKind }) {
    super(failure);
    this.name = 'LlmError';
    this.kind = failure.kind ?? 'error';
  }
}

/** Classes from the most hopeful to the least. */
const HOPE: readonly FailureClass[] = ['rate_limited', 'unavailable', 'unknown', 'refused', 'misconfigured'];

export function mostHopeful(classes: FailureClass[]): FailureClass {
  return HOPE.find((one) => classes.includes(one)) ?? 'unavailable';
}

/** True when asking again, later, could help. */
export const isHopeful = (error: LlmError): boolean =>
  error.kind !== 'invalid' && error.class !== 'refused' && error.class !== 'misconfigured';

export const timedOut = (provider: string, what: string, ms: number): LlmError =>
  new LlmError({
    provider,
    class: 'unavailable',
    kind: 'timeout',
    message: `${provider}: ${what} within ${ms} ms.`,
  });
