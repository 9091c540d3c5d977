import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { rateLimits } from '../schema/index.ts';

export interface Share {
  bucket: string;
  subject: string;
  perMinute: number;
  /** How much is taken; never more than a minute's worth counts. */
  cost?: number;
}

/**
 * Takes from a limit that all replicas share, in one statement: a bucket that holds a minute's worth and fills up
 * evenly. Undefined when it was taken; otherwise nothing was, and the milliseconds after which it can be.
 */
export async function takeShare(
  db: Executor,
  { bucket, subject, perMinute, cost = 1 }: Share,
): Promise<number | undefined> {
  const each = 60 / perMinute;
  const taken = each * Math.min(cost, perMinute);
  const [row] = await db.execute<{ taken: boolean; wait: string }>(sql`
    with asked as (
      select now() as now, make_interval(secs => ${taken}::float8) as cost
    ),
    taken as (
      insert into ${rateLimits} as old (bucket, subject, rested_at)
      select ${bucket}::text, ${subject}::text, now + cost from asked
      on conflict (bucket, subject) do update
        set rested_at = greatest(old.rested_at, now()) + (select cost from asked)
        where greatest(old.rested_at, now()) + (select cost from asked)
          <= now() + make_interval(secs => 60) + interval '1 millisecond'
      returning 1
    )
    select exists (select from taken) as taken, coalesce(extract(epoch from (
      select rested_at + cost - now - make_interval(secs => 60)
      from ${rateLimits}, asked where bucket = ${bucket}::text and subject = ${subject}::text
    )), 0) as wait`);
  if (row?.taken) return undefined;
  return Math.max(1, Math.ceil(Number(row?.wait ?? 0) * 1000));
}

/** Forgets who has rested: an entry that says nothing any more. */
export async function dropRested(db: Executor, limit = 1_000): Promise<void> {
  await db.execute(sql`
    delete from ${rateLimits} where ctid = any(array(
      select ctid from ${rateLimits} where rested_at < now() - interval '1 minute'
      limit ${limit} for update skip locked
    ))`);
}
