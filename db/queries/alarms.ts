import { and, asc, eq, isNotNull, isNull, lte, ne, or, sql } from 'drizzle-orm';
import type { Trouble } from '../../domain/alarm.ts';
import type { Database, Executor } from '../client.ts';
import { alarms } from '../schema/index.ts';
import { recordEvent } from './events.ts';
import { newestFirst, type Page, type PageRequest } from './page.ts';

export type AlarmRow = typeof alarms.$inferSelect;

const same = ({ tenantId, kind, subject }: Pick<Trouble, 'tenantId' | 'kind' | 'subject'>) =>
  and(
    eq(alarms.tenantId, tenantId),
    eq(alarms.kind, kind),
    eq(alarms.subject, subject),
    isNull(alarms.clearedAt),
  );

/**
 * Opens an alarm, once per cause however many processes see it. One that is open already gets the newer words
 * and is told to nobody again. Returns which it is, and whether it was opened now.
 */
export async function raiseAlarm(
  db: Database,
  trouble: Trouble,
  notify: boolean,
): Promise<{ id: string; raisedAt: Date; raised: boolean }> {
  return db.transaction(async (tx) => {
    const [raised] = await tx
      .insert(alarms)
      .values({ ...trouble, notify })
      .onConflictDoNothing()
      .returning({ id: alarms.id, raisedAt: alarms.raisedAt });
    if (raised) {
      await recordEvent(tx, eventOf('alarm.raised', raised.id, trouble));
      return { ...raised, raised: true };
    }
    const [open] = await tx
      .update(alarms)
      .set({ words: trouble.words, severity: trouble.severity })
      .where(same(trouble))
      .returning({ id: alarms.id, raisedAt: alarms.raisedAt });
    if (!open) throw new Error('The alarm was cleared in this very moment; the next look decides.');
    return { ...open, raised: false };
  });
}

/** Ends an alarm, if it is open. Returns whether it was. */
export async function clearAlarm(
  db: Database,
  cause: Pick<Trouble, 'tenantId' | 'kind' | 'subject'>,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [cleared] = await tx
      .update(alarms)
      .set({ clearedAt: sql`now()`, tries: 0, retryAt: null })
      .where(same(cause))
      .returning();
    if (!cleared) return false;
    await recordEvent(tx, eventOf('alarm.cleared', cleared.id, cleared));
    return true;
  });
}

function eventOf(eventType: string, id: string, { tenantId, kind, subject, severity, words }: Trouble) {
  return {
    tenantId,
    eventType,
    subject: `alarm/${kind}/${subject}`,
    data: { alarmId: id, severity, words },
    correlationId: id,
  };
}

/** The alarms that are open, oldest first. */
export function openAlarms(db: Executor): Promise<AlarmRow[]> {
  return db.select().from(alarms).where(isNull(alarms.clearedAt)).orderBy(asc(alarms.raisedAt));
}

const untold = and(
  eq(alarms.notify, true),
  or(isNull(alarms.raiseToldAt), and(isNotNull(alarms.clearedAt), isNull(alarms.clearToldAt))),
);

/** Alarms with something left to tell that is due, oldest first. */
export function untoldAlarms(db: Executor, limit: number): Promise<AlarmRow[]> {
  return db
    .select()
    .from(alarms)
    .where(and(untold, or(isNull(alarms.retryAt), lte(alarms.retryAt, sql`now()`))))
    .orderBy(asc(alarms.raisedAt), asc(alarms.id))
    .limit(limit);
}

/** How many notices have not arrived after at least one attempt. */
export async function undeliveredNotices(db: Executor): Promise<number> {
  const [row] = await db
    .select({ count: sql<number>`count(*)::int` })
    .from(alarms)
    .where(and(untold, ne(alarms.tries, 0)));
  return row?.count ?? 0;
}

/** The chat has it: the alarm, or the all-clear. */
export async function markTold(db: Executor, id: string, what: 'raise' | 'clear'): Promise<void> {
  await db
    .update(alarms)
    .set({
      ...(what === 'raise' ? { raiseToldAt: sql`now()` } : { clearToldAt: sql`now()` }),
      tries: 0,
      retryAt: null,
      tellError: null,
    })
    .where(eq(alarms.id, id));
}

/** It did not arrive, or nobody can tell; it is told again after the pause. */
export async function postponeNotice(
  db: Executor,
  id: string,
  pauseMs: number,
  error: string,
): Promise<void> {
  await db
    .update(alarms)
    .set({
      tries: sql`${alarms.tries} + 1`,
      retryAt: sql`now() + make_interval(secs => ${pauseMs / 1000})`,
      tellError: error,
    })
    .where(eq(alarms.id, id));
}

/** A page of a tenant's alarms, newest first. */
export async function listAlarms(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  open: boolean | undefined,
  { limit, after }: PageRequest,
): Promise<Page<AlarmRow>> {
  const raised = newestFirst(alarms, 'raisedAt');
  const found = await db
    .select()
    .from(alarms)
    .where(
      and(
        eq(alarms.tenantId, tenantId),
        open === undefined ? undefined : open ? isNull(alarms.clearedAt) : isNotNull(alarms.clearedAt),
        raised.within({}, after),
      ),
    )
    .orderBy(...raised.order)
    .limit(limit + 1);
  return raised.page(found, limit);
}
