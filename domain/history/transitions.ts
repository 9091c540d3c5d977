import type { RunState } from '../run.ts';

/** Which state may follow which, one event at a time. The last four follow nothing: a closed run never reopens. */
export const TRANSITIONS: Readonly<Record<RunState, readonly RunState[]>> = {
  queued: ['running', 'failed', 'cancelled'],
  running: ['waiting_user', 'succeeded', 'degraded', 'failed', 'cancelled'],
  waiting_user: ['running', 'succeeded', 'degraded', 'failed', 'cancelled'],
  succeeded: [],
  degraded: [],
  failed: [],
  cancelled: [],
};

export const isFinal = (state: RunState): boolean => TRANSITIONS[state].length === 0;

export const mayFollow = (from: RunState, to: RunState): boolean => TRANSITIONS[from].includes(to);

/**
 * Whether a row in one state may be written in another. A read that comes late skips states, so this is
 * the table followed any number of times; the database enforces the same.
 */
export function mayBecome(from: RunState, to: RunState): boolean {
  const seen = new Set<RunState>([from]);
  for (const state of seen) for (const next of TRANSITIONS[state]) seen.add(next);
  return seen.has(to);
}
