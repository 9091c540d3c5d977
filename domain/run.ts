/** States of a run. The last four are final: a closed run never reopens. */
export const RUN_STATES = [
  'queued',
  'running',
  'waiting_user',
  'succeeded',
  'degraded',
  'failed',
  'cancelled',
] as const;
export type RunState = (typeof RUN_STATES)[number];

/**
 * Whom or what a waiting run waits for. `waiting_user` always names a person (customer or manager);
 * a run that waits for a provider or a timer is `running` with `waiting_on` set.
 */
export const WAITING_ON = ['customer', 'manager', 'provider', 'timer'] as const;
export type WaitingOn = (typeof WAITING_ON)[number];

/** One thing a degraded run could not deliver, and what the customer got instead. */
export interface Loss {
  missing: string;
  instead: string;
}

/** How a run ended by itself. It is the workflow's result, so the state is history. */
export interface RunResult<T = unknown> {
  outcome: 'succeeded' | 'degraded';
  losses: Loss[];
  output: T;
  /** Numbers of the messages it answered, for the conversation. */
  consumed?: number[];
}
