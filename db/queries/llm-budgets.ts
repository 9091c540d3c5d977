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
  /** After this the caller is taken for dead. */
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
      const [row] = await tx.execute<{ day: string; micros: string; tokens: string }>(sql`
        insert into ${llmBudgets} as b (tenant_id, budget, day)
        values (${tenantId}::uuid, ${name}, (clock_timestamp() at time zone ${timeZone})::date)
        on conflict (tenant_id, budget, day) do update set spent_micros = b.spent_micros
        returning day::text as day, spent_micros as micros, spent_tokens as tokens`);
      if (!row) throw new Error(`The budget ${name} has no row.`);
      // Read after the row is held: what others have taken is committed by then.
      const [taken] = await tx.execute<{ micros: string; tokens: string }>(sql`
        select coalesce(sum(micros), 0) as micros, coalesce(sum(tokens), 0) as tokens
        from ${llmReservations}
        where tenant_id = ${tenantId}::uuid and budget = ${name} and day = ${row.day}::date
          and expires_at > clock_timestamp()`);
      held.push({
        budget: name,
        day: row.day,
        micros: Number(row.micros) + Number(taken?.micros ?? 0),
        tokens: Number(row.tokens) + Number(taken?.tokens ?? 0),
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
        delete from ${llmReservations}
        where tenant_id = ${tenantId}::uuid and budget = ${budget} and expires_at <= clock_timestamp()`);
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

/** Writes down what a call has cost in place of what it could have cost. Counts also after it had expired. */
export async function settleReservation(
  db: Database,
  { id, tenantId, parts }: Reservation,
  spent: { micros: number; tokens: number },
): Promise<void> {
  await db.transaction(async (tx) => {
    for (const { budget, day } of parts) {
      await tx
        .update(llmBudgets)
        .set({
          spentMicros: sql`${llmBudgets.spentMicros} + ${spent.micros}`,
          spentTokens: sql`${llmBudgets.spentTokens} + ${spent.tokens}`,
        })
        .where(
          and(eq(llmBudgets.tenantId, tenantId), eq(llmBudgets.budget, budget), eq(llmBudgets.day, day)),
        );
    }
    await tx
      .delete(llmReservations)
      .where(and(eq(llmReservations.tenantId, tenantId), eq(llmReservations.id, id)));
  });
}
