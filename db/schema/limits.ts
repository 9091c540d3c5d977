import { pgTable, primaryKey, text } from 'drizzle-orm/pg-core';
import { instant } from './columns.ts';

/**
 * What has been taken of a limit that all replicas share. Unlogged: a crash of the server empties it, and nothing
 * waits for the disk. Subjects are hashes and ids, never a credential.
 */
export const rateLimits = pgTable(
  'rate_limits',
  {
    /** Which limit: `api_key`, `api_tenant` … */
    bucket: text().notNull(),
    subject: text().notNull(),
    /** When everything that was taken will have come back. */
    restedAt: instant().notNull(),
  },
  (t) => [primaryKey({ columns: [t.bucket, t.subject] })],
);
