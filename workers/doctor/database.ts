import { statfs } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import type { Settings } from '../../config/settings.ts';
import type { Database } from '../../db/client.ts';
import { pendingMigrations } from '../../db/migrate.ts';
import { undispatched } from '../../db/queries/absence.ts';
import { openAlarms } from '../../db/queries/alarms.ts';
import { alarmSentence } from '../../domain/texts/alarm-sentence.ts';
import { type Finding, fail, ok, warn } from './finding.ts';

const GIGABYTE = 1024 ** 3;
const DAY_MS = 86_400_000;

export async function migrations(db: Database): Promise<Finding[]> {
  const pending = await pendingMigrations(db);
  if (pending === 0) return [ok('migrations', 'all applied')];
  const what = pending > 0 ? `${pending} not applied` : `${-pending} more than this version knows`;
  const todo =
    pending > 0
      ? 'Start a process of this version, or npm run migrate where its role may not change tables.'
      : 'This is an older version than the one that runs; update it.';
  return [pending > 0 ? fail('migrations', what, todo) : warn('migrations', what, todo)];
}

export async function alarmsOpen(db: Database): Promise<Finding[]> {
  const open = await openAlarms(db);
  if (open.length === 0) return [ok('alarms', 'none open')];
  return open.map((alarm) => ({
    name: 'alarms',
    state: alarm.severity === 'critical' ? ('fail' as const) : ('warn' as const),
    what: `${alarmSentence('en', alarm)} (since ${alarm.raisedAt.toISOString()})`,
    todo: 'See docs/operations.md, "Alarms".',
  }));
}

export async function messagesWaiting(db: Database, { alarms }: Settings): Promise<Finding[]> {
  const late = await undispatched(db, alarms.undispatchedAfterMs);
  const count = late.reduce((sum, one) => sum + one.count, 0);
  return count === 0
    ? [ok('messages', 'none waits for its conversation')]
    : [
        fail(
          'messages',
          `${count} stored but not handled`,
          'Is Temporal up, and a process with the role api?',
        ),
      ];
}

/** A run may wait for a customer as long as its question is open; one that waits longer was forgotten. */
export async function oldestWait(db: Database, { timing }: Settings): Promise<Finding[]> {
  const [row] = await db.execute(sql`
    select r.workflow_id, extract(epoch from now() - coalesce(max(s.scheduled_at), r.started_at, r.queued_at)) * 1000 as ms
    from process_runs r
    left join process_run_steps s on s.tenant_id = r.tenant_id and s.run_id = r.run_id and s.kind = 'wait'
    where r.ended_at is null and r.waiting_on in ('customer', 'manager')
    group by r.run_id order by 2 desc limit 1`);
  if (!row) return [ok('waiting runs', 'none')];
  const hours = Math.round(Number(row.ms) / 3_600_000);
  const what = `the oldest has waited for ${hours} h: ${row.workflow_id}`;
  return Number(row.ms) > timing.askTimeoutMs + DAY_MS
    ? [warn('waiting runs', what, 'Look at it in the Temporal UI; cancel it where nobody will answer.')]
    : [ok('waiting runs', what)];
}

export async function unknownSends(db: Database): Promise<Finding[]> {
  const [row] = await db.execute(sql`select count(*) as count from sends where state = 'unknown'`);
  const count = Number(row?.count ?? 0);
  return count === 0
    ? [ok('sends', 'none in doubt')]
    : [
        warn(
          'sends',
          `${count} in doubt: nobody knows whether they arrived`,
          'Decide those that wait for a person: GET /api/v1/sends?state=unknown, POST /api/v1/sends/{id}/resolve.',
        ),
      ];
}

export async function disk(settings: Settings, db: Database): Promise<Finding[]> {
  const { bavail, blocks, bsize } = await statfs(settings.dataDir).catch(() => statfs('.'));
  const free = Number(bavail) * Number(bsize);
  const share = Number(bavail) / Number(blocks);
  const [row] = await db.execute(sql`select pg_size_pretty(pg_database_size(current_database())) as size`);
  const what = `${(free / GIGABYTE).toFixed(1)} GB free (${Math.round(share * 100)} %), database ${row?.size}`;
  if (free < GIGABYTE / 2) return [fail('disk', what, 'Make room now: PostgreSQL stops when it is full.')];
  return free < 2 * GIGABYTE || share < 0.05
    ? [warn('disk', what, 'Make room, or move the data folder.')]
    : [ok('disk', what)];
}
