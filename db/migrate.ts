import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { connectDatabase } from './client.ts';

const MIGRATION_LOCK = 7_304_115;
/** An index on a large table takes its time, and so does another replica that builds it. */
const STATEMENT_MS = 30 * 60_000;

/** Applies the committed migrations, one process at a time. Safe to call from every replica at start. */
export async function migrate(url: string): Promise<void> {
  // One connection: the lock belongs to the session that migrates.
  const { db, close } = connectDatabase({
    url,
    name: 'migrate',
    max: 1,
    statementTimeoutMs: STATEMENT_MS,
    lockTimeoutMs: STATEMENT_MS,
  });
  try {
    await db.execute(sql`select pg_advisory_lock(${MIGRATION_LOCK})`);
    await applyMigrations(db, { migrationsFolder: fileURLToPath(new URL('./migrations', import.meta.url)) });
  } finally {
    // Closing the only connection also gives the lock back.
    await close();
  }
}
