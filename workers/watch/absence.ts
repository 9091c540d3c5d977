import type { Database } from '../../db/client.ts';
import { unanswered, undispatched, type Waiting } from '../../db/queries/absence.ts';
import type { AlarmKind, Trouble } from '../../domain/alarm.ts';
import type { Alarms } from './alarms.ts';

export interface AbsenceOptions {
  db: Database;
  alarms: Alarms;
  undispatchedAfterMs: number;
  unansweredAfterMs: number;
  now?: () => number;
}

/** How far back a message is looked for that nobody answered; older ones are told no more. */
const LOOK_BACK_MS = 60 * 60_000;

/** Looks for what should have happened and did not: messages that nobody took up, or that nobody answered. */
export function createAbsenceWatch(options: AbsenceOptions) {
  const { db, alarms, now = Date.now } = options;

  const troubles = (kind: AlarmKind, waiting: Waiting[]): Trouble[] =>
    waiting.map(({ tenantId, tenant, count, oldestAt }) => ({
      tenantId,
      kind,
      subject: tenant,
      severity: 'critical',
      words: { count, minutes: Math.max(1, Math.round((now() - oldestAt.getTime()) / 60_000)) },
    }));

  return {
    async run(): Promise<void> {
      const until = now() - options.unansweredAfterMs;
      const found = [
        ...troubles('undispatched', await undispatched(db, options.undispatchedAfterMs)),
        ...troubles('unanswered', await unanswered(db, until - LOOK_BACK_MS, until)),
      ];
      await alarms.settle(['undispatched', 'unanswered'], found);
    },
  };
}
