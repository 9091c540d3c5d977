import { randomBytes } from 'node:crypto';
import postgres from 'postgres';
import { inject } from 'vitest';
import { connectDatabase } from '../../db/client.ts';

/** The same server and user, another database. */
export function databaseUrl(url: string, name: string): string {
  const other = new URL(url);
  other.pathname = `/${name}`;
  return other.href;
}

/** One connection for statements about databases. */
export function adminSql(url: string) {
  return postgres(url, { max: 1, connect_timeout: 10, onnotice: () => undefined });
}

/** Address of a new, migrated and empty database; `name` only helps to recognise it. */
export async function createDatabase(name: string): Promise<string> {
  const unique = `${name
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '_')
    .slice(0, 40)}_${randomBytes(4).toString('hex')}`;
  const adminUrl = inject('postgresAdminUrl');
  const sql = adminSql(adminUrl);
  try {
    await sql`create database ${sql(unique)} template ${sql(inject('templateDatabase'))}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
  return databaseUrl(adminUrl, unique);
}

/** A new database and a pool on it: one for each test file. `close` ends the pool; the server goes with the run. */
export async function createTestDatabase(name: string) {
  const url = await createDatabase(name);
  return { url, ...connectDatabase({ url, name: `test-${name}`, max: 5 }) };
}

export type TestDatabase = Awaited<ReturnType<typeof createTestDatabase>>;
