import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { z } from 'zod';

/*
 * A backup is one gzip file of lines: the manifest; for each table a line that names it, its rows as COPY writes
 * them, and `\.`; at the end the numbers of rows and the SHA-256 of every line before.
 */

export const FORMAT = 1;
export const END_OF_TABLE = '\\.';

export const Manifest = z.object({
  product: z.literal('dirigent'),
  format: z.literal(FORMAT),
  /** The moment that the backup shows: of the database's clock, ISO 8601. */
  takenAt: z.iso.datetime(),
  /** The newest migration of the database. */
  schema: z.object({ migrations: z.int().positive(), last: z.string().min(1) }),
});
export type Manifest = z.infer<typeof Manifest>;

export const TableHead = z.object({ table: z.string().min(1), columns: z.array(z.string().min(1)).min(1) });
export type TableHead = z.infer<typeof TableHead>;

const Summary = z.object({ rows: z.record(z.string(), z.int().min(0)), sha256: z.string().length(64) });
export type Summary = z.infer<typeof Summary>;

/** The file is no backup, or not a whole one, or not one for this release. Nothing has been changed. */
export class BackupRefused extends Error {
  override name = 'BackupRefused';
}

const NEWLINE = 0x0a;

/** Lines of a stream, without their ends. Only `\n` ends one: rows hold other characters that end lines elsewhere. */
export async function* linesOf(parts: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const part of parts) {
    let from = 0;
    for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, from)) {
      yield rest.length === 0 ? part.subarray(from, at) : Buffer.concat([...rest, part.subarray(from, at)]);
      rest = [];
      from = at + 1;
    }
    if (from < part.length) rest.push(part.subarray(from));
  }
  if (rest.length > 0) yield Buffer.concat(rest);
}

/** Lines of a backup file. A file that was cut short ends in `BackupRefused`. */
export async function* linesOfFile(file: string): AsyncGenerator<Buffer> {
  const source = createReadStream(file);
  const unzipped = createGunzip();
  source.on('error', (error) => unzipped.destroy(error));
  source.pipe(unzipped);
  try {
    yield* linesOf(unzipped);
  } catch (cause) {
    const code = (cause as NodeJS.ErrnoException).code ?? '';
    if (code === 'ENOENT') throw new BackupRefused(`There is no file ${file}.`, { cause });
    if (code.startsWith('Z_')) throw new BackupRefused(`${file} is no backup, or is damaged.`, { cause });
    throw cause;
  } finally {
    source.destroy();
  }
}

/** A line as JSON of that shape. */
export function parseLine<T>(line: Buffer, shape: z.ZodType<T>, what: string): T {
  try {
    return shape.parse(JSON.parse(line.toString('utf8')));
  } catch (cause) {
    throw new BackupRefused(`The file is no backup that this release can read: ${what} is not there.`, {
      cause,
    });
  }
}

/**
 * Reads a whole backup and compares it with what it says of itself.
 * @throws BackupRefused
 */
export async function verifyBackup(
  lines: AsyncIterable<Buffer>,
): Promise<{ manifest: Manifest; summary: Summary }> {
  const hash = createHash('sha256');
  const rows: Record<string, number> = {};
  let manifest: Manifest | undefined;
  let table: string | undefined;
  let last: Buffer | undefined;
  for await (const line of lines) {
    // One line behind: the last one is the summary, which does not count.
    if (last !== undefined) {
      hash.update(last).update('\n');
      if (manifest === undefined) manifest = parseLine(last, Manifest, 'the manifest');
      else if (table === undefined) {
        table = parseLine(last, TableHead, 'the name of a table').table;
        rows[table] = 0;
      } else if (last.toString('latin1') === END_OF_TABLE) table = undefined;
      else rows[table] = (rows[table] ?? 0) + 1;
    }
    last = line;
  }
  if (manifest === undefined || last === undefined || table !== undefined) {
    throw new BackupRefused('The backup is not complete: its end is missing.');
  }
  const summary = parseLine(last, Summary, 'the summary at the end');
  if (summary.sha256 !== hash.digest('hex')) {
    throw new BackupRefused('The backup is damaged: its checksum is another one.');
  }
  const wrong = Object.keys({ ...rows, ...summary.rows }).filter((name) => rows[name] !== summary.rows[name]);
  if (wrong.length > 0) throw new BackupRefused(`The backup does not hold all rows of ${wrong.join(', ')}.`);
  return { manifest, summary };
}
