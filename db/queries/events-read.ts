import { and, eq } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { automationEvents } from '../schema/index.ts';
import { newestFirst, type Page, type PageRequest, type Period, same } from './page.ts';

/** Of the time they happened. */
export interface EventFilter extends Period {
  eventType?: string | undefined;
  subject?: string | undefined;
  actor?: string | undefined;
}

export type EventRow = Omit<typeof automationEvents.$inferSelect, 'tenantId'>;

const happened = newestFirst(automationEvents);

/** A page of the audit trail and one row more, newest first. */
export function eventsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: EventFilter,
  { limit, after }: PageRequest,
) {
  const { id, eventType, subject, data, actor, correlationId, createdAt } = automationEvents;
  return db
    .select({ id, eventType, subject, data, actor, correlationId, createdAt })
    .from(automationEvents)
    .where(
      and(
        eq(automationEvents.tenantId, tenantId),
        same(eventType, filter.eventType),
        same(subject, filter.subject),
        same(actor, filter.actor),
        happened.within(filter, after),
      ),
    )
    .orderBy(...happened.order)
    .limit(limit + 1);
}

export async function listEvents(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: EventFilter,
  page: PageRequest,
): Promise<Page<EventRow>> {
  return happened.page(await eventsQuery(db, tenantId, filter, page), page.limit);
}
