/**
 * The closed set into which every provider's errors are classified (one classifier per provider).
 * `rate_limited` and `unavailable` are worth another try, later or elsewhere; `refused` and
 * `misconfigured` are final; `unknown` means that an effect may have happened.
 */
export type FailureClass = 'rate_limited' | 'unavailable' | 'refused' | 'misconfigured' | 'unknown';

export interface ProviderFailure {
  provider: string;
  class: FailureClass;
  /** For the person on call: what happened and what to do. Never a payload, a token or a URL with one. */
  message: string;
  /** How long the provider asked to wait. */
  retryAfterMs?: number;
  /** HTTP status, where there was one. */
  status?: number;
}

export class ProviderError extends Error implements ProviderFailure {
  readonly provider: string;
  readonly class: FailureClass;
  readonly retryAfterMs?: number;
  readonly status?: number;

  constructor(failure: ProviderFailure) {
    super(failure.message);
    this.name = 'ProviderError';
    this.provider = failure.provider;
    this.class = failure.class;
    this.retryAfterMs = failure.retryAfterMs;
    this.status = failure.status;
  }
}
