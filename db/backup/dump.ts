import { createHash } from 'node:crypto';
import { createWriteStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { TransactionSql } from 'postgres';
import { BackupRefused, END_OF_TABLE, FORMAT, type Manifest, type Summary } from './format.ts';
import { copySession, quoted, schemaOf, tablesInOrder } from './tables.ts';

export interface BackupTaken {
  manifest: Manifest;
  rows: Summary['rows'];
}

/**
 * Writes every table of ours, as of one moment, into one compressed file that only its owner may read. Disturbs
 * nobody who works on the database. The file appears when it is whole, in place of one that was there.
 * @throws BackupRefused when the database has never been migrated
 */
export async function takeBackup(url: string, file: string): Promise<BackupTaken> {
  const session = copySession(url, 'backup');
  const aside = `${file}.part`;
  try {
    const taken = await session.begin('isolation level repeatable read read only', async (sql) => {
      const schema = await schemaOf(sql);
      if (schema === undefined)
        throw new BackupRefused('There is nothing to back up: the database has no tables.');
      const [clock] = await sql<{ now: Date }[]>`select now()`;
      const takenAt = (clock?.now ?? new Date()).toISOString();
      const manifest: Manifest = { product: 'dirigent', format: FORMAT, takenAt, schema };
      const rows: Summary['rows'] = {};
      await pipeline(
        contents(sql, manifest, rows),
        createGzip({ level: 6 }),
        createWriteStream(aside, { mode: 0o600 }),
      );
      return { manifest, rows };
    });
    await flushed(aside);
    await rename(aside, file);
    return taken;
  } finally {
    await rm(aside, { force: true });
    await session.end({ timeout: 5 });
  }
}

async function* contents(
  sql: TransactionSql,
  manifest: Manifest,
  rows: Summary['rows'],
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  const hashed = (part: Buffer) => {
    hash.update(part);
    return part;
  };
  const line = (text: string) => hashed(Buffer.from(`${text}\n`));
  yield line(JSON.stringify(manifest));
  for (const { table, columns } of await tablesInOrder(sql)) {
    yield line(JSON.stringify({ table, columns }));
    let count = 0;
    const copied = await sql
      .unsafe(`copy ${quoted(table)} (${columns.map(quoted).join(', ')}) to stdout`)
      .readable();
    for await (const part of copied as AsyncIterable<Buffer>) {
      for (const byte of part) if (byte === 0x0a) count++;
      yield hashed(part);
    }
    rows[table] = count;
    yield line(END_OF_TABLE);
  }
  const summary: Summary = { rows, sha256: hash.digest('hex') };
  yield Buffer.from(`${JSON.stringify(summary)}\n`);
}

/** On the disk, not only on its way there. */
async function flushed(file: string): Promise<void> {
  const handle = await open(file, 'r+');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
