import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { sendBudgets } from '../schema/index.ts';

export interface Budget {
  scope: string;
  /** Milliseconds that one message costs. */
  intervalMs: number;
  /** How far a burst may run ahead of the steady rate, in milliseconds. */
  burstMs: number;
}

/**
 * Takes one message from each budget, unless the wait would be longer than `patienceMs`; then takes
 * nothing. Returns the wait before sending, in milliseconds. One statement for all workers: each row
 * holds the time up to which its budget is already spent, and whoever takes from it holds it.
 */
export async function takeBudget(
  db: Executor,
  tenantId: string,
  budgets: Budget[],
  patienceMs: number,
): Promise<number> {
  const rows = sql.join(
    budgets.map((b) => sql`(${b.scope}, ${b.intervalMs}::float8, ${b.burstMs}::float8)`),
    sql`, `,
  );
  // The statement may have waited for its rows, so that its own start is no measure of now.
  const result = await db.execute<{ wait_ms: number }>(sql`
    with asked(scope, interval_ms, burst_ms) as (values ${rows}),
    held as materialized (
      select b.ready_at, asked.burst_ms
      from asked join ${sendBudgets} as b on b.tenant_id = ${tenantId}::uuid and b.scope = asked.scope
      order by b.scope for update of b
    ),
    waiting as materialized (
      select coalesce(max(extract(epoch from ready_at - clock_timestamp())::float8 * 1000 - burst_ms), 0) as wait_ms
      from held
    ),
    taken as (
      insert into ${sendBudgets} as b (tenant_id, scope, ready_at)
      select ${tenantId}::uuid, asked.scope, now() + make_interval(secs => asked.interval_ms / 1000)
      from asked, waiting where waiting.wait_ms <= ${patienceMs}
      order by asked.scope
      on conflict (tenant_id, scope) do update
        set ready_at = greatest(b.ready_at, clock_timestamp()) + (excluded.ready_at - now())
    )
    select wait_ms from waiting`);
  return Math.max(0, Math.ceil(Number(result[0]?.wait_ms ?? 0)));
}

/** The platform asked for silence: nothing of this scope leaves before it is over. */
export async function pauseBudget(db: Executor, tenantId: string, budget: Budget, ms: number): Promise<void> {
  const spentSeconds = (ms + budget.burstMs) / 1000;
  await db.execute(sql`
    insert into ${sendBudgets} as b (tenant_id, scope, ready_at)
    values (${tenantId}::uuid, ${budget.scope}, now() + make_interval(secs => ${spentSeconds}))
    on conflict (tenant_id, scope) do update set ready_at = greatest(b.ready_at, excluded.ready_at)`);
}
