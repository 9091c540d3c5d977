import type { ActivityOptions, LocalActivityOptions } from '@temporalio/common';

/**
 * What an effect allows decides how it is repeated; each policy says why. Times are short because an
 * activity on a killed worker is only noticed when its heartbeat or its start-to-close runs out.
 */

/** A statement in our own database: too quick to be worth an activity of its own. */
export const OWN_DATA: LocalActivityOptions = {
  startToCloseTimeout: '5s',
  retry: { initialInterval: '100ms', maximumInterval: '2s' },
};

/** The same for what somebody waits for in front of the screen: after a minute an honest word is better. */
export const SOON: LocalActivityOptions = { ...OWN_DATA, scheduleToCloseTimeout: '1 minute' };

/** Writes that a key makes idempotent, and reads that leave the house: repeat until they work. */
export const IDEMPOTENT: ActivityOptions = {
  startToCloseTimeout: '10s',
  heartbeatTimeout: '4s',
  retry: { initialInterval: '200ms', maximumInterval: '10s' },
};

/** Model calls are pure and slow: a heartbeat tells a slow one from a dead worker. The chain inside retries by itself. */
export const THINKING: ActivityOptions = {
  startToCloseTimeout: '100s',
  heartbeatTimeout: '4s',
  retry: { initialInterval: '200ms', maximumInterval: '2s', maximumAttempts: 5 },
};

/**
 * Messages to people. The ledger behind it makes repeating safe: what may have arrived is never sent
 * again. A day, because a platform that is down that long has dropped its own queue too.
 */
export const SENDING: ActivityOptions = {
  startToCloseTimeout: '30s',
  heartbeatTimeout: '4s',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '200ms', maximumInterval: '15s' },
};

/** Calls to the CRM. Only what certainly had no effect is repeated here; outages are the process's to wait for. */
export const CRM: ActivityOptions = {
  startToCloseTimeout: '75s',
  heartbeatTimeout: '4s',
  retry: { initialInterval: '500ms', maximumInterval: '10s', maximumAttempts: 3 },
};

/**
 * Writes to the CRM, which knows no idempotency key: one attempt. A killed worker leaves an unclear write,
 * and the process looks before it writes again, after the CRM's longest processing time: so little is won by noticing it
 * within seconds, and much is lost by taking a busy worker for a dead one.
 */
export const CRM_WRITE: ActivityOptions = {
  ...CRM,
  heartbeatTimeout: '8s',
  retry: { maximumAttempts: 1 },
};

/** Erasing goes through much and may be repeated as a whole: long, and noticed at once when its worker dies. */
export const ERASING: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '4s',
  scheduleToCloseTimeout: '1 day',
  retry: { initialInterval: '500ms', maximumInterval: '1 minute' },
};

/** Deleting what is old: in small statements, stopped anywhere, and done again without harm. Nobody waits for it. */
export const SWEEPING: ActivityOptions = {
  startToCloseTimeout: '5 minutes',
  heartbeatTimeout: '10s',
  scheduleToCloseTimeout: '6 hours',
  retry: { initialInterval: '1s', maximumInterval: '5 minutes' },
};
