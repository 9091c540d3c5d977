import { and, eq, sql } from 'drizzle-orm';
import type { Database, Executor } from '../client.ts';
import { llmBudgets, llmReservations } from '../schema/index.ts';
import { recordEvent } from './events.ts';

export interface BudgetLimit {
  name: string;
  timeZone: string;
  microsPerDay?: number | undefined;
  tokensPerDay?: number | undefined;
}

export interface Reserving {
  /** Of the call. */
  id: string;
  tenantId: string;
  /** The most that the call can cost; null where nobody knows. */
  micros: number | null;
  tokens: number;
  /** After this the caller is taken for dead, and its call for made and billed. */
  ttlMs: number;
  budgets: readonly BudgetLimit[];
  /** Workflow id, for the event. */
  subject: string;
  correlationId: string;
}

/** What was taken from where; `settleReservation` gives back what was not used. */
export interface Reservation {
  id: string;
  tenantId: string;
  micros: number;
  tokens: number;
  parts: { budget: string; day: string }[];
}

interface Left {
  budget: string;
  day: string;
  micros: number;
  tokens: number;
}

/**
 * Takes the most that a call can cost from every budget, or from none and returns the name of one that has
 * not that much left. Whoever takes holds the rows of the budgets, so that calls of several workers at once
 * cannot take the same money. The first refusal of a budget on a day is an event.
 */
export async function reserveBudget(
  db: Database,
  asked: Reserving,
): Promise<Reservation | { refused: string }> {
  const { id, tenantId, tokens, ttlMs } = asked;
  const budgets = [...asked.budgets].sort((a, b) => (a.name < b.name ? -1 : 1));
  return db.transaction(async (tx) => {
    const held: Left[] = [];
    for (const { name, timeZone } of budgets) {
      const [row] = await tx.execute<{ day: string }>(sql`
        insert into ${llmBudgets} as b (tenant_id, budget, day)
        values (${tenantId}::uuid, ${name}, (clock_timestamp() at time zone ${timeZone})::date)
        on conflict (tenant_id, budget, day) do update set spent_micros = b.spent_micros
        returning day::text as day`);
      if (!row) throw new Error(`The budget ${name} has no row.`);
      // A worker that died amid a call may have to pay for it.
      await tx.execute(sql`
        with dead as (
          delete from ${llmReservations}
          where tenant_id = ${tenantId}::uuid and budget = ${name} and expires_at <= clock_timestamp()
          returning day, micros, tokens
        ), lost as (select day, sum(micros) as micros, sum(tokens) as tokens from dead group by day)
        update ${llmBudgets} as b
        set spent_micros = b.spent_micros + lost.micros, spent_tokens = b.spent_tokens + lost.tokens
        from lost where b.tenant_id = ${tenantId}::uuid and b.budget = ${name} and b.day = lost.day`);
      // Read after the row is held: what others have taken is committed by then.
      const [used] = await tx.execute<{ micros: string; tokens: string }>(sql`
        select b.spent_micros + coalesce(sum(r.micros), 0) as micros,
          b.spent_tokens + coalesce(sum(r.tokens), 0) as tokens
        from ${llmBudgets} as b left join ${llmReservations} as r
          on r.tenant_id = b.tenant_id and r.budget = b.budget and r.day = b.day
        where b.tenant_id = ${tenantId}::uuid and b.budget = ${name} and b.day = ${row.day}::date
        group by b.spent_micros, b.spent_tokens`);
      held.push({
        budget: name,
        day: row.day,
        micros: Number(used?.micros),
        tokens: Number(used?.tokens),
      });
    }
    for (const [index, used] of held.entries()) {
      const limit = budgets[index];
      if (!limit || !exceeds(limit, used, asked)) continue;
      await noteRefusal(tx, asked, limit, used);
      return { refused: limit.name };
    }
    const micros = asked.micros ?? 0;
    for (const { budget, day } of held) {
      await tx.execute(sql`
        insert into ${llmReservations} (id, tenant_id, budget, day, micros, tokens, expires_at)
        values (${id}::uuid, ${tenantId}::uuid, ${budget}, ${day}::date, ${micros}, ${tokens},
          clock_timestamp() + make_interval(secs => ${ttlMs / 1000}))`);
    }
    return { id, tenantId, micros, tokens, parts: held.map(({ budget, day }) => ({ budget, day })) };
  });
}

/** Whether a call could take more than is left. Without a price it could take any money. */
function exceeds(limit: BudgetLimit, used: Left, asked: Pick<Reserving, 'micros' | 'tokens'>): boolean {
  const { microsPerDay = Number.POSITIVE_INFINITY, tokensPerDay = Number.POSITIVE_INFINITY } = limit;
  const micros = asked.micros ?? (limit.microsPerDay === undefined ? 0 : Number.POSITIVE_INFINITY);
  return used.micros + micros > microsPerDay || used.tokens + asked.tokens > tokensPerDay;
}

async function noteRefusal(
  tx: Parameters<Parameters<Database['transaction']>[0]>[0],
  { tenantId, micros, tokens, subject, correlationId }: Reserving,
  { name, microsPerDay, tokensPerDay }: BudgetLimit,
  used: Left,
): Promise<void> {
  // A model without a price is a fault of the configuration, which the start log names: no money is used up.
  if (micros === null && microsPerDay !== undefined) return;
  const first = await tx.execute<{ day: string }>(sql`
    update ${llmBudgets} set refused_at = clock_timestamp()
    where tenant_id = ${tenantId}::uuid and budget = ${name} and day = ${used.day}::date and refused_at is null
    returning day::text as day`);
  if (first.length === 0) return;
  await recordEvent(tx, {
    tenantId,
    eventType: 'llm.budget_exhausted',
    subject: `budget/${name}`,
    data: {
      budget: name,
      day: used.day,
      ...(microsPerDay !== undefined && { microsPerDay, micros: used.micros, askedMicros: micros }),
      ...(tokensPerDay !== undefined && { tokensPerDay, tokens: used.tokens, askedTokens: tokens }),
      workflowId: subject,
    },
    correlationId,
  });
}

/** Budgets that have refused a call on the day which it is for them now. */
export async function refusingBudgets(
  db: Executor,
  budgets: readonly Pick<BudgetLimit, 'name' | 'timeZone'>[],
): Promise<{ tenantId: string; budget: string }[]> {
  if (budgets.length === 0) return [];
  const known = sql.join(
    budgets.map(({ name, timeZone }) => sql`(${name}::text, ${timeZone}::text)`),
    sql`, `,
  );
  const rows = await db.execute<{ tenant_id: string; budget: string }>(sql`
    select b.tenant_id, b.budget
    from (values ${known}) as known(budget, time_zone)
    join ${llmBudgets} as b on b.budget = known.budget
      and b.day = (clock_timestamp() at time zone known.time_zone)::date
    where b.refused_at is not null
    order by b.tenant_id, b.budget`);
  return rows.map(({ tenant_id, budget }) => ({ tenantId: tenant_id, budget }));
}

/** Writes down what a call has cost in place of what it could have cost, also where that counts as spent by now. */
export async function settleReservation(
  db: Database,
  { id, tenantId, micros, tokens, parts }: Reservation,
  spent: { micros: number; tokens: number },
): Promise<void> {
  await db.transaction(async (tx) => {
    for (const { budget, day } of parts) {
      // The budget's row first, as whoever reserves does.
      await tx.execute(sql`select from ${llmBudgets}
        where tenant_id = ${tenantId}::uuid and budget = ${budget} and day = ${day}::date for update`);
      const open = await tx
        .delete(llmReservations)
        .where(
          and(
            eq(llmReservations.tenantId, tenantId),
            eq(llmReservations.id, id),
            eq(llmReservations.budget, budget),
          ),
        )
        .returning({ id: llmReservations.id });
      const counted = open.length > 0 ? { micros: 0, tokens: 0 } : { micros, tokens };
      await tx
        .update(llmBudgets)
        .set({
          spentMicros: sql`${llmBudgets.spentMicros} + ${spent.micros - counted.micros}`,
          spentTokens: sql`${llmBudgets.spentTokens} + ${spent.tokens - counted.tokens}`,
        })
        .where(
          and(eq(llmBudgets.tenantId, tenantId), eq(llmBudgets.budget, budget), eq(llmBudgets.day, day)),
        );
    }
  });
}
