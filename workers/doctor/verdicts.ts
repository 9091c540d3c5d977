import type { AlarmKind, AlarmSeverity, AlarmWords } from '../../domain/alarm.ts';
import { alarmSentence } from '../../domain/texts/alarm-sentence.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

/*
 * What the doctor says about what was read. Pure, so that each way of being ill can be shown to be told.
 */

const GIGABYTE = 1024 ** 3;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** A poller is remembered for minutes after it has gone. */
const LIVE_MS = 75_000;
const MOST_NAMED = 5;

/** `pending`: how many migrations the database lacks; below zero where it has more than this version knows. */
export function judgeMigrations(pending: number): Finding {
  if (pending === 0) return ok('migrations', 'all applied');
  return pending > 0
    ? fail(
        'migrations',
        `${pending} not applied`,
        'Start a process of this version, or npm run migrate where its role may not change tables.',
      )
    : warn(
        'migrations',
        `${-pending} more than this version knows`,
        'This is an older version than the one that runs; update it.',
      );
}

export interface OpenAlarm {
  kind: AlarmKind;
  severity: AlarmSeverity;
  words: AlarmWords;
  raisedAt: Date;
}

export function judgeAlarms(open: readonly OpenAlarm[]): Finding[] {
  if (open.length === 0) return [ok('alarms', 'none open')];
  return open.map((alarm) =>
    (alarm.severity === 'critical' ? fail : warn)(
      'alarms',
      `${alarmSentence('en', alarm)} (since ${alarm.raisedAt.toISOString()})`,
      'See docs/operations.md, "Alarms".',
    ),
  );
}

/** `late`: messages stored longer ago than handing them over may take. */
export const judgeMessages = (late: number): Finding =>
  late === 0
    ? ok('messages', 'none waits for its conversation')
    : fail('messages', `${late} stored but not handled`, 'Is Temporal up, and a process with the role api?');

/** A run may wait for a person as long as its question is open; one that waits a day longer was forgotten. */
export function judgeOldestWait(
  oldest: { workflowId: string; ms: number } | undefined,
  askTimeoutMs: number,
): Finding {
  if (oldest === undefined) return ok('waiting runs', 'none');
  const what = `the oldest has waited for ${Math.round(oldest.ms / HOUR_MS)} h: ${oldest.workflowId}`;
  return oldest.ms > askTimeoutMs + DAY_MS
    ? warn('waiting runs', what, 'Look at it in the Temporal UI; cancel it where nobody will answer.')
    : ok('waiting runs', what);
}

export const judgeSends = (unknown: number): Finding =>
  unknown === 0
    ? ok('sends', 'none in doubt')
    : warn(
        'sends',
        `${unknown} in doubt: nobody knows whether they arrived`,
        'Decide those that wait for a person: GET /api/v1/sends?state=unknown, POST /api/v1/sends/{id}/resolve.',
      );

/** Bytes; `database` is the size of the database in words. */
export function judgeDisk(free: number, total: number, database: string): Finding {
  const share = free / total;
  const what = `${(free / GIGABYTE).toFixed(1)} GB free (${Math.round(share * 100)} %), database ${database}`;
  if (free < GIGABYTE / 2) return fail('disk', what, 'Make room now: PostgreSQL stops when it is full.');
  return free < 2 * GIGABYTE || share < 0.05
    ? warn('disk', what, 'Make room, or move the data folder.')
    : ok('disk', what);
}

export function judgeSearchAttributes(wanted: readonly string[], registered: readonly string[]): Finding {
  const missing = wanted.filter((name) => !registered.includes(name));
  return missing.length === 0
    ? ok('search attributes', 'all registered')
    : fail(
        'search attributes',
        `missing: ${missing.join(', ')}`,
        'Start any process of Dirigent: each registers what is missing.',
      );
}

/** `pollers`: who asked this queue for `what`, and when last, in epoch milliseconds. */
export function judgeQueue(
  queue: string,
  what: string,
  pollers: readonly { identity: string; at: number }[],
  now: number,
): Finding {
  const live = pollers.filter(({ at }) => now - at < LIVE_MS);
  const workers = new Set(live.map(({ identity }) => identity)).size;
  const name = `queue ${queue}`;
  return workers > 0
    ? ok(name, `${what}: ${workers} ${workers === 1 ? 'worker' : 'workers'}`)
    : fail(name, `${what}: no worker`, 'Start a process with the role worker.');
}

export interface ProjectionLook {
  looked: number;
  same: number;
  drifted: number;
  gone: number;
  differences: readonly { workflowId: string; where: string }[];
}

export function judgeProjection({ looked, same, drifted, gone, differences }: ProjectionLook): Finding {
  const [first] = differences;
  return drifted === 0
    ? ok(
        'projection',
        `${same} of the ${looked} newest runs as their histories${gone > 0 ? `, ${gone} without one` : ''}`,
      )
    : fail(
        'projection',
        `${drifted} of the ${looked} newest runs differ from their histories (${first?.workflowId} ${first?.where})`,
        'Is a process with the role projector up? Then npm run projection -- verify, and rebuild.',
      );
}

/** `needed`: the ids of the keys that open runs were begun under, one for each run. Ids are no secret. */
export function judgeKeys(
  { active, all }: { active: { id: string } | undefined; all: readonly { id: string }[] },
  needed: readonly string[],
): Finding {
  const unknown = [...new Set(needed)].filter((id) => all.every((key) => key.id !== id));
  if (unknown.length > 0) {
    const runs = needed.filter((id) => unknown.includes(id)).length;
    return fail(
      'keys',
      `${runs} open ${runs === 1 ? 'run needs' : 'runs need'} a key that is not configured: ${unknown.slice(0, MOST_NAMED).join(', ')}`,
      'Put it back behind the first one of ENCRYPTION_KEYS, until no open run needs it.',
    );
  }
  return active === undefined
    ? ok('keys', 'encryption is off: Temporal keeps what it is given readable')
    : ok('keys', `${active.id} encrypts, ${all.length} ${all.length === 1 ? 'decrypts' : 'decrypt'}`);
}
