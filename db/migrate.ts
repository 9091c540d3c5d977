import { fileURLToPath } from 'node:url';
import { sql } from 'drizzle-orm';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { migrate as applyMigrations } from 'drizzle-orm/postgres-js/migrator';
import { connectDatabase, type Executor } from './client.ts';

const FOLDER = fileURLToPath(new URL('./migrations', import.meta.url));
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
    await applyMigrations(db, { migrationsFolder: FOLDER });
  } finally {
    // Closing the only connection also gives the lock back.
    await close();
  }
}

/** How many committed migrations a database lacks; below zero where it has some that this version does not know. */
export async function pendingMigrations(db: Executor): Promise<number> {
  const known = readMigrationFiles({ migrationsFolder: FOLDER }).length;
  const [table] = await db.execute(sql`select to_regclass('drizzle.__drizzle_migrations') as name`);
  if (table?.name == null) return known;
  const [row] = await db.execute(sql`select count(*) as count from drizzle.__drizzle_migrations`);
  return known - Number(row?.count ?? 0);
}
