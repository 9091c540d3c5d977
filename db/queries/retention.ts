import { type SQL, sql } from 'drizzle-orm';
import type { Ageing } from '../../domain/retention.ts';
import type { Executor } from '../client.ts';

interface Rule {
  table: string;
  key: string;
  /** When its age begins; the first column behind the tenant of an index. */
  age: string;
  /** Further conditions on the row `o`. */
  when?: SQL;
  /** Instead of deleting. */
  set?: SQL;
}

/** The run behind a row is under way: it may need the row when it is repeated, reset or asked about. */
const openRun = (id: SQL): SQL => sql`exists (select from process_runs r
  where r.tenant_id = o.tenant_id and r.workflow_id = ${id} and r.ended_at is null)`;

/** Every beginning of a key at a slash: one of them is the workflow id. */
const beginnings = sql`any (array(select array_to_string(p[1:n], '/')
  from (select string_to_array(o.key, '/') as p) k, generate_series(1, cardinality(p)) n))`;

const RULES: Readonly<Record<Ageing, Rule>> = {
  // Steps go with their run.
  runs: { table: 'process_runs', key: 'run_id', age: 'ended_at' },
  llmCalls: {
    table: 'llm_calls',
    key: 'id',
    age: 'created_at',
    when: sql`not ${openRun(sql`o.workflow_id`)}`,
  },
  // Which customers were joined has to be known for as long as there are customers.
  events: {
    table: 'automation_events',
    key: 'id',
    age: 'created_at',
    when: sql`o.event_type <> 'customer.joined' and not ${openRun(sql`o.subject`)}`,
  },
  // What is in doubt waits for a person.
  sends: {
    table: 'sends',
    key: 'id',
    age: 'created_at',
    when: sql`o.state in ('sent', 'refused') and not ${openRun(sql`o.workflow_id`)}`,
  },
  drafts: { table: 'drafts', key: 'id', age: 'created_at', when: sql`not ${openRun(beginnings)}` },
  updates: {
    table: 'updates',
    key: 'id',
    age: 'received_at',
    when: sql`o.raw <> '{}'::jsonb`,
    set: sql`raw = '{}'::jsonb`,
  },
  callbacks: {
    table: 'callbacks',
    key: 'id',
    age: 'created_at',
    when: sql`(o.received_at is null or o.dispatched_at is not null) and not ${openRun(sql`o.workflow_id`)}`,
  },
  deliveries: {
    table: 'deliveries',
    key: 'id',
    age: 'settled_at',
    when: sql`o.settled_at is not null and not ${openRun(sql`o.workflow_id`)}`,
  },
  alarms: { table: 'alarms', key: 'id', age: 'raised_at', when: sql`o.cleared_at is not null` },
};

/** What has grown older than `days`, oldest first: the keys of at most `limit` rows. For tests too. */
export function expiredQuery(tenantId: string, what: Ageing, days: number, limit: number): SQL {
  const { table, key, age, when } = RULES[what];
  const column = (name: string) => sql`o.${sql.identifier(name)}`;
  return sql`select ${column(key)} as key from ${sql.identifier(table)} o
    where o.tenant_id = ${tenantId} and ${column(age)} < now() - make_interval(days => ${days}::int)
      ${when === undefined ? sql`` : sql`and ${when}`}
    order by ${column(age)} limit ${limit}`;
}

/** Deletes, or empties, at most `limit` rows in one short statement. Returns how many. */
export async function expire(
  db: Executor,
  tenantId: string,
  what: Ageing,
  days: number,
  limit: number,
): Promise<number> {
  const { table, key, set } = RULES[what];
  const name = sql.identifier(table);
  const same = sql`t.${sql.identifier(key)} = doomed.key`;
  // Rows that somebody holds just now are left for the next time.
  const doomed = sql`with doomed as materialized (${expiredQuery(tenantId, what, days, limit)} for update of o skip locked)`;
  const [gone] = await db.execute<{ count: number }>(
    set === undefined
      ? sql`${doomed}, gone as (delete from ${name} t using doomed where ${same} returning 1)
          select count(*)::int as count from gone`
      : sql`${doomed}, gone as (update ${name} t set ${set} from doomed where ${same} returning 1)
          select count(*)::int as count from gone`,
  );
  return gone?.count ?? 0;
}

/** How many would go, counted up to `most`. */
export async function countExpired(
  db: Executor,
  tenantId: string,
  what: Ageing,
  days: number,
  most: number,
): Promise<number> {
  const [row] = await db.execute<{ count: number }>(
    sql`select count(*)::int as count from (${expiredQuery(tenantId, what, days, most)}) expired`,
  );
  return row?.count ?? 0;
}

/** Days of model budgets long past, and what was set aside by calls that died. One row for a day and budget. */
export async function expireBudgets(db: Executor, tenantId: string, days: number): Promise<number> {
  const old = await db.execute(sql`delete from llm_budgets
    where tenant_id = ${tenantId} and day < current_date - ${days}::int returning 1`);
  const left = await db.execute(sql`delete from llm_reservations
    where tenant_id = ${tenantId} and expires_at < now() - interval '1 day' returning 1`);
  return old.length + left.length;
}
