import { statfs } from 'node:fs/promises';
import { sql } from 'drizzle-orm';
import type { Settings } from '../../config/settings.ts';
import type { Database } from '../../db/client.ts';
import { pendingMigrations } from '../../db/migrate.ts';
import { undispatched } from '../../db/queries/absence.ts';
import { openAlarms } from '../../db/queries/alarms.ts';
import type { Finding } from './finding.ts';
import {
  judgeAlarms,
  judgeDisk,
  judgeMessages,
  judgeMigrations,
  judgeOldestWait,
  judgeSends,
} from './verdicts.ts';

export const migrations = async (db: Database): Promise<Finding[]> => [
  judgeMigrations(await pendingMigrations(db)),
];

export const alarmsOpen = async (db: Database): Promise<Finding[]> => judgeAlarms(await openAlarms(db));

export async function messagesWaiting(db: Database, { alarms }: Settings): Promise<Finding[]> {
  const late = await undispatched(db, alarms.undispatchedAfterMs);
  return [judgeMessages(late.reduce((sum, one) => sum + one.count, 0))];
}

export async function oldestWait(db: Database, { timing }: Settings): Promise<Finding[]> {
  const [row] = await db.execute(sql`
    select r.workflow_id, extract(epoch from now() - coalesce(max(s.scheduled_at), r.started_at, r.queued_at)) * 1000 as ms
    from process_runs r
    left join process_run_steps s on s.tenant_id = r.tenant_id and s.run_id = r.run_id and s.kind = 'wait'
    where r.ended_at is null and r.waiting_on in ('customer', 'manager')
    group by r.run_id order by 2 desc limit 1`);
  const oldest = row && { workflowId: String(row.workflow_id), ms: Number(row.ms) };
  return [judgeOldestWait(oldest, timing.askTimeoutMs)];
}

export async function unknownSends(db: Database): Promise<Finding[]> {
  const [row] = await db.execute(sql`select count(*) as count from sends where state = 'unknown'`);
  return [judgeSends(Number(row?.count ?? 0))];
}

export async function disk(settings: Settings, db: Database): Promise<Finding[]> {
  const { bavail, blocks, bsize } = await statfs(settings.dataDir).catch(() => statfs('.'));
  const [row] = await db.execute(sql`select pg_size_pretty(pg_database_size(current_database())) as size`);
  return [judgeDisk(bavail * bsize, blocks * bsize, String(row?.size))];
}
