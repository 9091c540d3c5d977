import { fileURLToPath } from 'node:url';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import postgres, { type Sql, type TransactionSql } from 'postgres';
import type { Manifest, TableHead } from './format.ts';

/** One session without limits of time, which copies as much as there is. */
export const copySession = (url: string, name: string): Sql =>
  postgres(url, {
    max: 1,
    idle_timeout: undefined,
    max_lifetime: null,
    connect_timeout: 10,
    onnotice: () => {},
    connection: {
      application_name: `dirigent-${name}`,
      statement_timeout: 0,
      lock_timeout: 10_000,
      // What COPY writes of a time is read anywhere.
      TimeZone: 'UTC',
      DateStyle: 'ISO, YMD',
    },
  });

/** Every table of ours with its columns; what others refer to comes first. */
export async function tablesInOrder(sql: Sql | TransactionSql): Promise<TableHead[]> {
  const columns = await sql<TableHead[]>`
    select c.table_name::text as table, array_agg(c.column_name::text order by c.ordinal_position) as columns
    from information_schema.columns c
    join information_schema.tables t on t.table_schema = c.table_schema and t.table_name = c.table_name
    where c.table_schema = 'public' and t.table_type = 'BASE TABLE'
    group by c.table_name order by c.table_name`;
  const refers = await sql<{ from: string; to: string }[]>`
    select distinct f.relname::text as from, t.relname::text as to
    from pg_constraint k join pg_class f on f.oid = k.conrelid join pg_class t on t.oid = k.confrelid
    where k.contype = 'f' and k.connamespace = 'public'::regnamespace and f.oid <> t.oid`;
  const placed: TableHead[] = [];
  const left = new Map(columns.map((head) => [head.table, head]));
  while (left.size > 0) {
    const free = [...left.values()].filter(
      ({ table }) => !refers.some(({ from, to }) => from === table && left.has(to)),
    );
    if (free.length === 0)
      throw new Error(`These tables refer to each other: ${[...left.keys()].join(', ')}.`);
    for (const head of free) {
      placed.push(head);
      left.delete(head.table);
    }
  }
  return placed;
}

export const quoted = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** How far the database has been migrated; undefined for one that has never been. */
export async function schemaOf(sql: Sql | TransactionSql): Promise<Manifest['schema'] | undefined> {
  const [known] = await sql`select to_regclass('drizzle.__drizzle_migrations') is not null as known`;
  if (!known?.known) return undefined;
  const applied = await sql<{ hash: string }[]>`
    select hash from drizzle.__drizzle_migrations order by created_at`;
  const last = applied.at(-1);
  return last && { migrations: applied.length, last: last.hash };
}

/** The schema that this release brings a database to. */
export function schemaOfRelease(): Manifest['schema'] {
  const files = readMigrationFiles({
    migrationsFolder: fileURLToPath(new URL('../migrations', import.meta.url)),
  });
  return { migrations: files.length, last: files.at(-1)?.hash ?? '' };
}
