import { v7 } from 'uuid';
import type { LlmBudgets } from '../activities/llm/budget.ts';
import type { CallContext } from '../activities/llm/contract.ts';
import type { ModelBudget } from '../config/policies.ts';
import type { Database } from '../db/client.ts';
import { reserveBudget, settleReservation } from '../db/queries/llm-budgets.ts';

/** The budgets of config.yaml, kept in PostgreSQL for all workers. */
export function createBudgets(
  db: Database,
  budgets: readonly ModelBudget[],
  tenant: (tenantId: string) => { slug: string },
): LlmBudgets {
  const of = ({ tenantId, process }: CallContext): ModelBudget[] =>
    budgets.filter(
      (budget) =>
        (budget.process === undefined || budget.process === process) &&
        (budget.tenant === undefined || budget.tenant === tenant(tenantId).slug),
    );
  return {
    limits: (context) => of(context).length > 0,
    async reserve({ context, ...asked }) {
      const { tenantId, workflowId: subject, correlationId } = context;
      const call = { id: v7(), tenantId, subject, correlationId, budgets: of(context) };
      const reserved = await reserveBudget(db, { ...call, ...asked });
      if ('refused' in reserved) return reserved;
      return { settle: (spent) => settleReservation(db, reserved, spent) };
    },
  };
}
