import { index, pgTable } from 'drizzle-orm/pg-core';
import { id, instant } from './columns.ts';

/**
 * When this database was put back from a backup. Of the whole installation, so without a tenant. What the engine
 * had asked for before `restoredAt` may have happened, although nothing here says so.
 */
export const restores = pgTable(
  'restores',
  {
    id: id(),
    /** The moment that the backup shows. */
    takenAt: instant().notNull(),
    restoredAt: instant().notNull(),
  },
  (t) => [index('restores_newest').on(t.restoredAt)],
);
