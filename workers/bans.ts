import type { RunStarter } from '../api/deps.ts';
import type { Logger } from '../config/logger.ts';
import type { Database } from '../db/client.ts';
import { bannedAndWaitedFor, waitingForBanned } from '../db/queries/runs-waiting.ts';
import { createPump } from './intake/pump.ts';

export interface BansOptions {
  db: Pick<Database, 'select' | 'selectDistinct'>;
  starter: Pick<RunStarter, 'cancel'>;
  log: Logger;
  /** How often runs that are left are looked for. */
  sweepMs?: number;
}

export interface Bans {
  /** This customer was just banned. */
  nudge(customerId: string): void;
}

/** Also the rest that a run gets to end by itself before it is asked again. */
const SWEEP_MS = 5_000;

/**
 * Asks runs that wait for a banned customer to end: nobody reads the reply any more. What is owed is told by the rows,
 * so it is made good whatever came between: an engine that was away, a ban that came along when accounts were joined, a
 * run that began to wait afterwards. Asking twice is harmless, also from several replicas.
 */
export function startBans({ db, starter, log, sweepMs = SWEEP_MS }: BansOptions): Bans & {
  stop(): Promise<void>;
} {
  const pump = createPump({
    log,
    what: 'Bans',
    sweepMs,
    async deliver(customerId) {
      const by = { reason: 'the customer was banned', actor: 'system' };
      const runs = await waitingForBanned(db, customerId);
      const asked = await Promise.all(runs.map((run) => starter.cancel({ ...run, ...by })));
      if (asked.includes('unavailable')) throw new Error('Temporal did not take the end of a run.');
      return false;
    },
    leftBehind: (olderThanMs, limit) => bannedAndWaitedFor(db, olderThanMs, limit),
  });
  pump.start();
  return { nudge: pump.nudge, stop: pump.stop };
}
