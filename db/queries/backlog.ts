import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { callbacks, deliveries, messages } from '../schema/index.ts';

export interface Backlog {
  /** What was stored and what the engine has not taken. */
  waiting: number;
  /** What it takes on disk: so many times what one of its kind takes on average, with indexes. */
  bytes: number;
}

/** Less is not believed: averages of young tables are, and those that a crash has made the server forget. */
const LEAST_BYTES = 2_048;

/** What waits for the engine. Counts by the indexes of what waits, so it costs as little as little waits. */
export async function backlogOf(db: Executor): Promise<Backlog> {
  const [row] = await db.execute<{ waiting: string; bytes: string }>(sql`
    with sizes as (
      select relname, pg_total_relation_size(relid) / greatest(n_live_tup, 1)::float8 as each
      from pg_stat_user_tables where schemaname = 'public' and n_live_tup > 1000
    ),
    kinds as (
      select (select count(*) from ${messages} where dispatched_at is null and direction = 'inbound') as waiting,
        (select sum(each) from sizes where relname in ('messages', 'updates')) as each
      union all
      select (select count(*) from ${deliveries} where settled_at is null),
        (select each from sizes where relname = 'deliveries')
      union all
      select (select count(*) from ${callbacks} where received_at is not null and dispatched_at is null),
        (select each from sizes where relname = 'callbacks')
    )
    select sum(waiting) as waiting, sum(waiting * greatest(each, ${LEAST_BYTES})) as bytes from kinds`);
  return { waiting: Number(row?.waiting ?? 0), bytes: Math.ceil(Number(row?.bytes ?? 0)) };
}
