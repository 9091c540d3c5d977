import { and, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { llmCalls, processRuns } from '../schema/index.ts';

export const COST_GROUPS = ['run', 'conversation', 'day', 'provider'] as const;
export type CostGroup = (typeof COST_GROUPS)[number];

export interface CostPeriod {
  /** From this moment on. */
  from?: Date | undefined;
  /** Up to, and without, this moment. */
  to?: Date | undefined;
}

/** Money and tokens of some calls, in one currency. */
export interface CostSum {
  currency: string;
  calls: number;
  /** Millionths of the currency unit, of the calls whose price is known. */
  costMicros: number;
  /** Calls whose model has no known price. */
  unpricedCalls: number;
  promptTokens: number;
  completionTokens: number;
}

/** Key of the group: workflow id, conversation id (null for none), day in UTC, or provider. */
export type CostRow = CostSum & { key: string | null };

/** More groups than anybody reads; the dearest come first. */
export const MAX_COST_ROWS = 1_000;

// A workflow id may have several rows (a reset opens another); all are in one conversation.
const conversation = sql`coalesce(
  (select ${processRuns.conversationId}::text from ${processRuns}
    where ${processRuns.tenantId} = ${llmCalls.tenantId} and ${processRuns.workflowId} = ${llmCalls.workflowId} limit 1),
  substring(${llmCalls.workflowId} from '^conversation/(.*)$'))`;

const KEYS: Record<CostGroup, SQL> = {
  run: sql`${llmCalls.workflowId}`,
  conversation,
  day: sql`to_char(${llmCalls.createdAt} at time zone 'UTC', 'YYYY-MM-DD')`,
  provider: sql`${llmCalls.provider}`,
};

const sums = {
  currency: llmCalls.currency,
  calls: sql<number>`count(*)`.mapWith(Number),
  costMicros: sql<number>`coalesce(sum(${llmCalls.costMicros}), 0)`.mapWith(Number),
  unpricedCalls: sql<number>`count(*) filter (where ${llmCalls.costMicros} is null)`.mapWith(Number),
  promptTokens: sql<number>`sum(${llmCalls.promptTokens})`.mapWith(Number),
  completionTokens: sql<number>`sum(${llmCalls.completionTokens})`.mapWith(Number),
};

const during = (tenantId: string, { from, to }: CostPeriod) =>
  and(
    eq(llmCalls.tenantId, tenantId),
    from === undefined ? undefined : gte(llmCalls.createdAt, from),
    to === undefined ? undefined : lt(llmCalls.createdAt, to),
  );

/** What model calls of a period cost, by group and currency: days in order, everything else dearest first. */
export function costsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  by: CostGroup,
  period: CostPeriod,
) {
  return db
    .select({ key: sql<string | null>`${KEYS[by]}`.as('key'), ...sums })
    .from(llmCalls)
    .where(during(tenantId, period))
    .groupBy(sql`1`, llmCalls.currency)
    .orderBy(...(by === 'day' ? [] : [sql`4 desc`]), sql`1`, llmCalls.currency)
    .limit(MAX_COST_ROWS + 1);
}

/** The same over all groups: one sum for each currency. */
export const totalsQuery = (db: Pick<Executor, 'select'>, tenantId: string, period: CostPeriod) =>
  db
    .select(sums)
    .from(llmCalls)
    .where(during(tenantId, period))
    .groupBy(llmCalls.currency)
    .orderBy(llmCalls.currency);
