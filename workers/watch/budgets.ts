import type { ModelBudget } from '../../config/policies.ts';
import type { Database } from '../../db/client.ts';
import { refusingBudgets } from '../../db/queries/llm-budgets.ts';
import type { Alarms } from './alarms.ts';

export interface BudgetWatchOptions {
  db: Database;
  alarms: Alarms;
  budgets: readonly ModelBudget[];
}

/** Looks for budgets that have refused a call today; the alarm is over with the day, or with the budget. */
export const createBudgetWatch = ({ db, alarms, budgets }: BudgetWatchOptions) => ({
  async run(): Promise<void> {
    const found = await refusingBudgets(db, budgets);
    await alarms.settle(
      ['budget_exhausted'],
      found.map(({ tenantId, budget }) => ({
        tenantId,
        kind: 'budget_exhausted',
        subject: budget,
        severity: 'warning',
        words: { budget },
      })),
    );
  },
});
