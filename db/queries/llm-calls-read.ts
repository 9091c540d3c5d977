import { and, eq } from 'drizzle-orm';
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
import { newestFirst, type Page, type PageRequest, type Period, same } from './page.ts';

/** Of the time they were made. */
export interface LlmCallFilter extends Period {
  workflowId?: string | undefined;
  provider?: string | undefined;
  model?: string | undefined;
  role?: string | undefined;
  outcome?: string | undefined;
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

const made = newestFirst(llmCalls);

/** A page of model calls and one row more. */
export function llmCallsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: LlmCallFilter,
  { limit, after }: PageRequest,
) {
  const equal = ['workflowId', 'provider', 'model', 'role', 'outcome'] as const;
  return db
    .select()
    .from(llmCalls)
    .where(
      and(
        eq(llmCalls.tenantId, tenantId),
        ...equal.map((name) => same(llmCalls[name], filter[name])),
        made.within(filter, after),
      ),
    )
    .orderBy(...made.order)
    .limit(limit + 1);
}

export function createLlmCallsRead(db: Pick<Executor, 'select'>): LlmCallsRead {
  return {
    async list(tenantId, filter, page) {
      return made.page(await llmCallsQuery(db, tenantId, filter, page), page.limit);
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
