import { once } from 'node:events';
import type { Writable } from 'node:stream';
import type { Sql, TransactionSql } from 'postgres';
import { migrate } from '../migrate.ts';
import {
  BackupRefused,
  END_OF_TABLE,
  linesOfFile,
  Manifest,
  parseLine,
  type Summary,
  TableHead,
  verifyBackup,
} from './format.ts';
import { type Parked, park } from './park.ts';
import { copySession, quoted, schemaOf, schemaOfRelease, tablesInOrder } from './tables.ts';

export interface RestoreOptions {
  url: string;
  file: string;
  /** Replaces what the database holds. */
  force: boolean;
}

export interface Restored {
  manifest: Manifest;
  rows: Summary['rows'];
  parked: Parked;
}

/** Rows that a product which was started and used by nobody has. */
const MADE_AT_START = ['tenants', 'channels'];
const PORTION_BYTES = 256 * 1024;

/**
 * Puts a database back from a backup, in one transaction, and parks what may have gone on after the backup was
 * taken: see `park`. The product must not run on it meanwhile.
 * @throws BackupRefused, before anything is changed, when the file is damaged or of another release, when the
 * database is in use, or when it holds something and `force` is not set
 */
export async function restoreBackup({ url, file, force }: RestoreOptions): Promise<Restored> {
  const { manifest, summary } = await verifyBackup(linesOfFile(file));
  fits(manifest.schema, schemaOfRelease(), 'this release');
  const session = copySession(url, 'restore');
  try {
    await refuseWhileUsed(session);
    if (!force) await refuseNonEmpty(session);
    const before = await schemaOf(session);
    if (before === undefined) await migrate(url);
    else fits(before, schemaOfRelease(), 'the database, which has to be migrated by a start of this release');
    const parked = await session.begin(async (sql) => {
      const tables = await tablesInOrder(sql);
      await sql.unsafe(`truncate ${tables.map(({ table }) => quoted(table)).join(', ')}`);
      await load(sql, file);
      await sequences(sql);
      return park(sql, new Date(manifest.takenAt));
    });
    // The planner knows nothing of the rows yet.
    await session`analyze`;
    return { manifest, rows: summary.rows, parked };
  } finally {
    await session.end({ timeout: 5 });
  }
}

function fits(have: Manifest['schema'], want: Manifest['schema'], what: string): void {
  if (have.last === want.last && have.migrations === want.migrations) return;
  throw new BackupRefused(
    `The schemas differ: ${have.migrations} migrations where ${what} has ${want.migrations}. Restore a backup with the release that took it, and update after that.`,
  );
}

async function refuseWhileUsed(sql: Sql): Promise<void> {
  const others = await sql<{ name: string }[]>`
    select distinct application_name as name from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid() and application_name like 'dirigent-%'
    order by name`;
  if (others.length === 0) return;
  const names = others.map(({ name }) => name).join(', ');
  throw new BackupRefused(`The product is running on this database (${names}): stop it first.`);
}

async function refuseNonEmpty(sql: Sql): Promise<void> {
  const filled: string[] = [];
  for (const { table } of await tablesInOrder(sql)) {
    if (MADE_AT_START.includes(table)) continue;
    const [row] = await sql.unsafe(`select 1 from ${quoted(table)} limit 1`);
    if (row) filled.push(table);
  }
  if (filled.length === 0) return;
  throw new BackupRefused(
    `The database is not empty: there are rows in ${filled.join(', ')}. --force replaces everything in it.`,
  );
}

async function load(sql: TransactionSql, file: string): Promise<void> {
  const lines = linesOfFile(file);
  const next = async () => {
    const { value, done } = await lines.next();
    return done ? undefined : value;
  };
  parseLine((await next()) ?? Buffer.alloc(0), Manifest, 'the manifest');
  for (let line = await next(); line; line = await next()) {
    const head = TableHead.safeParse(JSON.parse(line.toString('utf8')));
    // The summary, which has been compared.
    if (!head.success) break;
    const { table, columns } = head.data;
    const into: Writable = await sql
      .unsafe(`copy ${quoted(table)} (${columns.map(quoted).join(', ')}) from stdin`)
      .writable();
    await copyRows(into, next);
  }
  await lines.return(undefined);
}

async function copyRows(into: Writable, next: () => Promise<Buffer | undefined>): Promise<void> {
  const failed = new Promise<never>((_, reject) => into.once('error', reject));
  failed.catch(() => undefined);
  let portion: Buffer[] = [];
  let size = 0;
  const write = async () => {
    if (size === 0) return;
    const full = !into.write(Buffer.concat(portion));
    portion = [];
    size = 0;
    if (full) await Promise.race([once(into, 'drain'), failed]);
  };
  for (let row = await next(); row && row.toString('latin1') !== END_OF_TABLE; row = await next()) {
    portion.push(row, NEWLINE);
    size += row.length + 1;
    if (size >= PORTION_BYTES) await write();
  }
  await write();
  into.end();
  await Promise.race([once(into, 'finish'), failed]);
}

const NEWLINE = Buffer.from('\n');

/** Counters go on behind the rows that have been copied. */
async function sequences(sql: TransactionSql): Promise<void> {
  const counted = await sql<{ table: string; column: string; sequence: string }[]>`
    select table_name::text as table, column_name::text as column,
      pg_get_serial_sequence(quote_ident(table_schema) || '.' || quote_ident(table_name), column_name) as sequence
    from information_schema.columns
    where table_schema = 'public' and column_default like 'nextval(%'`;
  for (const { table, column, sequence } of counted) {
    await sql.unsafe(
      `select setval('${sequence}', greatest(1, (select coalesce(max(${quoted(column)}), 0) + 1 from ${quoted(table)})), false)`,
    );
  }
}
