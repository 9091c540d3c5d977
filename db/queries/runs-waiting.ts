import { and, eq, isNull, sql } from 'drizzle-orm';
import type { Database } from '../client.ts';
import { conversations, customers, processRuns, tenants } from '../schema/index.ts';

/** Open runs that wait for the reply of a banned customer. */
const owed = and(
  eq(customers.state, 'banned'),
  eq(processRuns.waitingOn, 'customer'),
  isNull(processRuns.endedAt),
);

/** Told by the conversation: a run begun before its customer was joined to another one names the former for ever. */
const theirs = and(
  eq(conversations.tenantId, customers.tenantId),
  eq(conversations.customerId, customers.id),
);
const inThese = and(
  eq(processRuns.tenantId, conversations.tenantId),
  eq(processRuns.conversationId, conversations.id),
);

/** Open runs that wait for a reply of this customer and will get none, because the customer is banned. */
export const waitingForBanned = (db: Pick<Database, 'select'>, customerId: string) =>
  db
    .select({
      workflowId: processRuns.workflowId,
      firstRunId: processRuns.runId,
      currentRunId: processRuns.currentRunId,
      correlationId: processRuns.correlationId,
    })
    .from(customers)
    .innerJoin(conversations, theirs)
    .innerJoin(processRuns, inThese)
    .where(and(eq(customers.id, customerId), owed));

/** Customers banned for longer than this for whom runs still wait. */
export async function bannedAndWaitedFor(
  db: Pick<Database, 'selectDistinct'>,
  olderThanMs: number,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .selectDistinct({ id: customers.id })
    // By tenant, as the index on states is.
    .from(tenants)
    .innerJoin(customers, eq(customers.tenantId, tenants.id))
    .innerJoin(conversations, theirs)
    .innerJoin(processRuns, inThese)
    .where(
      and(owed, sql`${customers.stateSince} < now() - make_interval(secs => ${olderThanMs / 1000}::float8)`),
    )
    .limit(limit);
  return rows.map(({ id }) => id);
}
