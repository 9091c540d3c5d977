import { and, desc, eq, gte, lt, type SQL } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { automationEvents } from '../schema/index.ts';
import { behind, type Page, type PageRequest, pageOf } from './page.ts';

export interface EventFilter {
  eventType?: string | undefined;
  subject?: string | undefined;
  actor?: string | undefined;
  /** Happened at or after. */
  since?: Date | undefined;
  /** Happened before. */
  until?: Date | undefined;
}

export type EventRow = Omit<typeof automationEvents.$inferSelect, 'tenantId'>;

/** A page of the audit trail and one row more, newest first. */
export function eventsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: EventFilter,
  { limit, after }: PageRequest,
) {
  const { id, eventType, subject, data, actor, correlationId, createdAt } = automationEvents;
  const conditions: Array<SQL | undefined> = [
    eq(automationEvents.tenantId, tenantId),
    filter.eventType === undefined ? undefined : eq(eventType, filter.eventType),
    filter.subject === undefined ? undefined : eq(subject, filter.subject),
    filter.actor === undefined ? undefined : eq(actor, filter.actor),
    filter.since === undefined ? undefined : gte(createdAt, filter.since),
    filter.until === undefined ? undefined : lt(createdAt, filter.until),
    behind(createdAt, id, after),
  ];
  return db
    .select({ id, eventType, subject, data, actor, correlationId, createdAt })
    .from(automationEvents)
    .where(and(...conditions))
    .orderBy(desc(createdAt), desc(id))
    .limit(limit + 1);
}

export async function listEvents(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: EventFilter,
  page: PageRequest,
): Promise<Page<EventRow>> {
  const found = await eventsQuery(db, tenantId, filter, page);
  return pageOf(found, page.limit, ({ createdAt, id }) => ({ at: createdAt, id }));
}
