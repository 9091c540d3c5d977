/**
 * How long things may take, in milliseconds. Travels with every workflow start, so that tests and
 * tenants can choose, and so that a running workflow keeps the numbers it began with.
 */
export interface Timing {
  /** How long a question stays open. */
  askTimeoutMs: number;
  /** When the customer is reminded of an open question; 0 never. */
  askReminderMs: number;
  /** How long a lead waits for the CRM before it ends degraded, with the push owed. */
  crmWaitMs: number;
  /** A conversation in which nothing is open ends after this quiet time. */
  quietMs: number;
  /** Longest processing time of the CRM: only then may an unclear write be looked up and repeated. */
  unclearWriteMs: number;
  /** When a lead is looked at again after the first look; 0 never. */
  secondLookMs: number;
  /** First and longest pause between attempts while a provider is down. */
  outagePauseMs: number;
  outagePauseMaxMs: number;
  /** A turn may be amended by further messages this long … */
  amendWindowMs: number;
  /** … and this often. */
  maxAmendments: number;
  /** An album is complete this long after its last item. */
  albumHoldMs: number;
}

export const DEFAULT_TIMING: Timing = {
  askTimeoutMs: 3 * 24 * 3_600_000,
  askReminderMs: 24 * 3_600_000,
  crmWaitMs: 10_000,
  quietMs: 15 * 60_000,
  unclearWriteMs: 60_000,
  secondLookMs: 3 * 24 * 3_600_000,
  outagePauseMs: 5_000,
  outagePauseMaxMs: 10 * 60_000,
  amendWindowMs: 15_000,
  maxAmendments: 3,
  albumHoldMs: 1_000,
};
