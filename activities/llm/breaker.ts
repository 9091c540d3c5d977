/** The right to make one call. Exactly one of the three is called when it is over. */
export interface Permit {
  succeeded(): void;
  failed(): void;
  /** The call says nothing about the provider: cancelled, no free place, model still loading. */
  abandoned(): void;
}

export type CircuitState = 'closed' | 'open' | 'half_open';

export interface Breaker {
  /** A permit, or how long the circuit stays open. */
  admit(): Permit | { retryAfterMs: number };
  state(): CircuitState;
  /** Keeps everybody away for a time that the provider asked for. */
  rest(ms: number): void;
}

export const isPermit = (admission: Permit | { retryAfterMs: number }): admission is Permit =>
  'succeeded' in admission;

interface BreakerOptions {
  /** Failures in a row that open the circuit. */
  failures: number;
  openMs: number;
  now: () => number;
}

/**
 * Circuit breaker of one provider in one process. After `openMs` one call goes through as a probe;
 * it alone decides whether the circuit closes. Results of calls begun before the circuit opened
 * change nothing.
 */
export function createBreaker({ failures, openMs, now }: BreakerOptions): Breaker {
  let inRow = 0;
  let openUntil: number | undefined;
  let probing = false;
  let era = 0;

  const open = (ms: number): void => {
    openUntil = Math.max(openUntil ?? 0, now() + ms);
    probing = false;
    inRow = 0;
    era += 1;
  };

  const permit = (probe: boolean): Permit => {
    const born = era;
    const mine = (): boolean => born === era;
    return {
      succeeded() {
        if (!mine()) return;
        inRow = 0;
        if (!probe) return;
        openUntil = undefined;
        probing = false;
      },
      failed() {
        if (!mine()) return;
        inRow += 1;
        if (probe || inRow >= failures) open(openMs);
      },
      abandoned() {
        if (mine() && probe) probing = false;
      },
    };
  };

  return {
    admit() {
      if (openUntil === undefined) return permit(false);
      const left = openUntil - now();
      if (left > 0) return { retryAfterMs: left };
      // While the probe is out nobody can say how long: a second is worth asking again.
      if (probing) return { retryAfterMs: 1_000 };
      probing = true;
      return permit(true);
    },
    state() {
      if (openUntil === undefined) return 'closed';
      return openUntil > now() ? 'open' : 'half_open';
    },
    rest: open,
  };
}
