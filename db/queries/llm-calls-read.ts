import { and, desc, eq, gte, lt, type SQL } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { llmCalls } from '../schema/index.ts';
import {
  type CostGroup,
  type CostPeriod,
  type CostRow,
  type CostSum,
  costsQuery,
  MAX_COST_ROWS,
  totalsQuery,
} from './llm-costs.ts';
import { behind, type Page, type PageRequest, pageOf } from './page.ts';

export interface LlmCallFilter {
  workflowId?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  role?: string | undefined;
  outcome?: string | undefined;
  /** Made at or after. */
  since?: Date | undefined;
  /** Made before. */
  until?: Date | undefined;
}

export type LlmCallView = Omit<typeof llmCalls.$inferSelect, 'tenantId'>;

/** Costs by group; `truncated` when there were more groups than `MAX_COST_ROWS`. `totals` cover all. */
export interface Costs {
  rows: CostRow[];
  totals: CostSum[];
  truncated: boolean;
}

export interface LlmCallsRead {
  /** Newest first. */
  list(tenantId: string, filter: LlmCallFilter, page: PageRequest): Promise<Page<LlmCallView>>;
  costs(tenantId: string, by: CostGroup, period: CostPeriod): Promise<Costs>;
}

/** A page of model calls and one row more. */
export function llmCallsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: LlmCallFilter,
  { limit, after }: PageRequest,
) {
  const equal = ['workflowId', 'provider', 'model', 'role', 'outcome'] as const;
  const conditions: Array<SQL | undefined> = [
    eq(llmCalls.tenantId, tenantId),
    ...equal.map((name) => (filter[name] === undefined ? undefined : eq(llmCalls[name], filter[name]))),
    filter.since === undefined ? undefined : gte(llmCalls.createdAt, filter.since),
    filter.until === undefined ? undefined : lt(llmCalls.createdAt, filter.until),
    behind(llmCalls.createdAt, llmCalls.id, after),
  ];
  return db
    .select()
    .from(llmCalls)
    .where(and(...conditions))
    .orderBy(desc(llmCalls.createdAt), desc(llmCalls.id))
    .limit(limit + 1);
}

export function createLlmCallsRead(db: Pick<Executor, 'select'>): LlmCallsRead {
  return {
    async list(tenantId, filter, page) {
      const found = await llmCallsQuery(db, tenantId, filter, page);
      return pageOf(found, page.limit, ({ createdAt, id }) => ({ at: createdAt, id }));
    },
    async costs(tenantId, by, period) {
      const [rows, totals] = await Promise.all([
        costsQuery(db, tenantId, by, period),
        totalsQuery(db, tenantId, period),
      ]);
      return { rows: rows.slice(0, MAX_COST_ROWS), totals, truncated: rows.length > MAX_COST_ROWS };
    },
  };
}
