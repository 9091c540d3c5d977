import { z } from 'zod';
import { RETENTION_DAYS } from '../domain/retention.ts';

/** Shorter than Temporal keeps histories, a run that is reset would miss rows, and rows of runs would come again. */
const days = (fallback: number) =>
  z
    .int('must be a whole number of days')
    .min(30, 'must be at least 30 days: Temporal may keep histories as long')
    .max(36_500, 'must be below 100 years')
    .default(fallback);

type Kind = keyof typeof RETENTION_DAYS;

/** How old things become, and how gently they go. */
export const retention = z.strictObject({
  days: z
    .strictObject({
      runs: days(RETENTION_DAYS.runs),
      llmCalls: days(RETENTION_DAYS.llmCalls),
      events: days(RETENTION_DAYS.events),
      sends: days(RETENTION_DAYS.sends),
      drafts: days(RETENTION_DAYS.drafts),
      updates: days(RETENTION_DAYS.updates),
      callbacks: days(RETENTION_DAYS.callbacks),
      deliveries: days(RETENTION_DAYS.deliveries),
      alarms: days(RETENTION_DAYS.alarms),
      budgets: days(RETENTION_DAYS.budgets),
    } satisfies Record<Kind, z.ZodType>)
    .prefault({}),
  /** Rows that go in one statement. */
  batchSize: z
    .int('must be a whole number')
    .min(1, 'must be at least 1')
    .max(10_000, 'is too much')
    .default(500),
  /** Between two statements. */
  pauseMs: z
    .int('must be a whole number')
    .min(0, 'must not be negative')
    .max(60_000, 'is too long')
    .default(100),
});
