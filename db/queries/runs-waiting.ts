import { and, eq, isNull } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { conversations, processRuns } from '../schema/index.ts';

/**
 * Open runs that wait for a reply of this customer. Told by the conversation: a run begun before its customer was
 * joined to another one names the former for ever.
 */
export function waitingForCustomer(db: Pick<Executor, 'select'>, tenantId: string, customerId: string) {
  return db
    .select({
      workflowId: processRuns.workflowId,
      firstRunId: processRuns.runId,
      currentRunId: processRuns.currentRunId,
    })
    .from(conversations)
    .innerJoin(
      processRuns,
      and(eq(processRuns.tenantId, conversations.tenantId), eq(processRuns.conversationId, conversations.id)),
    )
    .where(
      and(
        eq(conversations.tenantId, tenantId),
        eq(conversations.customerId, customerId),
        eq(processRuns.waitingOn, 'customer'),
        isNull(processRuns.endedAt),
      ),
    );
}
