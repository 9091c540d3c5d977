import { type FailureClass, ProviderError, type ProviderFailure } from '../../domain/failure.ts';

/** What lies behind a failure, finer than its class: the chain and the ledger tell these apart. */
export type LlmErrorKind =
  | 'error'
  | 'timeout'
  | 'loading'
  | 'busy'
  | 'invalid'
  | 'circuit_open'
  /** A budget allows no such call: the provider was not asked. */
  | 'over_budget';

/**
 * A failure of one model call. The message is made here and never quotes the provider: providers
 * echo prompts in their errors.
 */
export class LlmError extends ProviderError {
  readonly kind: LlmErrorKind;
  /** True when the provider cannot have seen the request. */
  readonly unsent: boolean;

  constructor(failure: ProviderFailure & { kind?: LlmErrorKind; unsent?: boolean }) {
    super(failure);
    this.name = 'LlmError';
    this.kind = failure.kind ?? 'error';
    this.unsent = failure.unsent ?? false;
  }
}

/** True when the provider may have done the work, and bill it, although its answer never came. */
export const mayBeBilled = (error: LlmError): boolean =>
  error.kind === 'timeout' || (error.kind === 'error' && error.status === undefined && !error.unsent);

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
