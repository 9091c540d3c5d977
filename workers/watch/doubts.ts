import type { Look } from '../../activities/send/look.ts';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import {
  type Doubt,
  dueDoubts,
  keepLook,
  type LookToKeep,
  postponeLook,
  proveDelivered,
  repeatSend,
  repeatsLeftBehind,
} from '../../db/queries/send-doubts.ts';
import { countDoubts } from '../../db/queries/send-doubts-read.ts';
import { type DoubtTiming, nextStep } from '../../domain/doubt.ts';
import type { PutBack } from '../redeliver.ts';
import type { Alarms } from './alarms.ts';

export interface DoubtSettlerOptions {
  db: Database;
  timing: DoubtTiming;
  look: (doubt: Doubt, signal: AbortSignal) => Promise<Look>;
  /** Has a send that was put back delivered; false when nobody could be told now. */
  redeliver: (send: PutBack, decision: string) => Promise<boolean>;
  log: Logger;
  onResolved?: (by: 'probe' | 'policy') => void;
}

const BATCH = 50;
/** A repeat that has not left for so long is told of again. */
const LEFT_BEHIND_MS = 30_000;
/** After an error of ours. */
const AGAIN_MS = 5_000;

/**
 * Settles sends of which nobody knows whether they arrived: looks for each when its time has come, and lets the
 * policy of what was said decide where no evidence is to be had. Safe to repeat at any point.
 */
export function createDoubtSettler(options: DoubtSettlerOptions) {
  const { db, log } = options;

  async function settle(doubt: Doubt, signal: AbortSignal): Promise<void> {
    const found = await options.look(doubt, signal);
    if (found.kind === 'busy') return postponeLook(db, doubt, found.inMs);
    const { kind: _, messageId, pauseMs = 0, finding, ...rest } = found;
    const tries = doubt.tries + 1;
    const looks = doubt.looks + (finding === 'no_answer' ? 0 : 1);
    const look: LookToKeep = { ...rest, finding, tries, looks, waitsForPerson: false };

    if (finding === 'delivered') {
      const news = await proveDelivered(db, doubt, String(messageId), look);
      return tell(doubt, 'probe', news, look);
    }
    const { ifUnknown, possiblyRepeated: repeated } = doubt;
    const next = nextStep({ finding, tries, looks, ifUnknown, repeated }, options.timing);
    if (next.kind === 'look') {
      const againInMs = Math.max(next.inMs, pauseMs);
      return keepLook(db, doubt, { ...look, againInMs, waitsForPerson: next.person });
    }
    if (next.kind === 'person') return keepLook(db, doubt, { ...look, waitsForPerson: true });
    const put = await repeatSend(db, doubt, look);
    tell(doubt, 'policy', put, look);
    if (put) await redeliver(doubt);
  }

  function tell({ sendId, correlationId }: Doubt, by: 'probe' | 'policy', news: boolean, look: LookToKeep) {
    if (!news) return;
    const { finding, looks } = look;
    log.info({ sendId, correlationId, by, finding, looks }, 'A send in doubt was settled.');
    options.onResolved?.(by);
  }

  const redeliver = ({ sendId, attempt, ...send }: Pick<Doubt, 'sendId' | 'attempt'> & Omit<PutBack, 'id'>) =>
    options.redeliver({ ...send, id: sendId }, `policy-${attempt}`);

  return {
    async run(signal: AbortSignal): Promise<void> {
      const due = await dueDoubts(db, options.timing.lookAfterMs, BATCH);
      let failure: unknown;
      for (const doubt of due) {
        if (signal.aborted) return;
        try {
          await settle(doubt, signal);
        } catch (error) {
          if (signal.aborted) return;
          // One that cannot be looked at does not keep the others from being.
          failure = error;
          await postponeLook(db, doubt, AGAIN_MS);
        }
      }
      for (const send of await repeatsLeftBehind(db, LEFT_BEHIND_MS)) await redeliver(send);
      if (failure !== undefined) throw failure;
    },
  };
}

/** Raises an alarm while sends of a tenant wait for a person, and tells their number. */
export function createDoubtWatch({
  db,
  alarms,
  onCount,
  now = Date.now,
}: {
  db: Database;
  alarms: Alarms;
  onCount: (waitsFor: 'evidence' | 'person', count: number) => void;
  now?: () => number;
}) {
  return {
    async run(): Promise<void> {
      const counts = await countDoubts(db);
      for (const kind of ['evidence', 'person'] as const) {
        const of = counts.filter(({ waitsFor }) => waitsFor === kind);
        onCount(
          kind,
          of.reduce((sum, { count }) => sum + count, 0),
        );
      }
      const troubles = counts
        .filter(({ waitsFor }) => waitsFor === 'person')
        .map(({ tenantId, tenant, count, oldestAt }) => ({
          tenantId,
          kind: 'send_unknown' as const,
          subject: tenant,
          severity: 'warning' as const,
          words: { count, minutes: Math.max(1, Math.round((now() - oldestAt.getTime()) / 60_000)) },
        }));
      await alarms.settle(['send_unknown'], troubles);
    },
  };
}
