import { and, eq, isNull } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { processRuns } from '../schema/index.ts';

/** Open runs that wait for a reply of this customer. */
export function waitingForCustomer(db: Pick<Executor, 'select'>, tenantId: string, customerId: string) {
  return db
    .select({
      workflowId: processRuns.workflowId,
      firstRunId: processRuns.runId,
      currentRunId: processRuns.currentRunId,
    })
    .from(processRuns)
    .where(
      and(
        eq(processRuns.tenantId, tenantId),
        eq(processRuns.customerId, customerId),
        eq(processRuns.waitingOn, 'customer'),
        isNull(processRuns.endedAt),
      ),
    );
}
