import { sql } from 'drizzle-orm';
import { boolean, check, index, integer, jsonb, pgTable, text, uniqueIndex } from 'drizzle-orm/pg-core';
import type { AlarmKind, AlarmSeverity, AlarmWords } from '../../domain/alarm.ts';
import { createdAt, id, instant } from './columns.ts';
import { ofTenant } from './tenants.ts';

/**
 * What is wrong, once per cause however many processes see it, until it is over. The row is also the outbox of
 * its two notices: the alarm and the all-clear.
 */
export const alarms = pgTable(
  'alarms',
  {
    id: id(),
    tenantId: ofTenant(),
    kind: text().$type<AlarmKind>().notNull(),
    /** What it is about, within its kind: a channel, a process. */
    subject: text().notNull(),
    severity: text().$type<AlarmSeverity>().notNull(),
    /** What its sentence needs, as it stands now. No personal data. */
    words: jsonb().$type<AlarmWords>().notNull(),
    raisedAt: createdAt(),
    clearedAt: instant(),
    /** Whether a chat for alarms was configured when it was raised. */
    notify: boolean().notNull(),
    raiseToldAt: instant(),
    clearToldAt: instant(),
    /** Attempts to tell since the last one that arrived, when the next is due, and what the last one met. */
    tries: integer().notNull().default(0),
    retryAt: instant(),
    tellError: text(),
  },
  (t) => [
    uniqueIndex('alarms_open').on(t.tenantId, t.kind, t.subject).where(sql`${t.clearedAt} is null`),
    index('alarms_newest').on(t.tenantId, t.raisedAt, t.id),
    index('alarms_untold')
      .on(t.tenantId, t.raisedAt)
      .where(
        sql`${t.notify} and (${t.raiseToldAt} is null or (${t.clearedAt} is not null and ${t.clearToldAt} is null))`,
      ),
    check('alarms_severity', sql`${t.severity} in ('warning', 'critical')`),
  ],
);
