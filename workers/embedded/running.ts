import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { z } from 'zod';
import type { Environment } from '../../config/yaml.ts';
import { isAlive, processIdentity } from './process.ts';

const Note = z.object({
  pid: z.int().min(2),
  identity: z.string(),
  env: z.record(z.string(), z.string()),
});

const fileOf = (dataDir: string) => join(dataDir, 'running.json');

/**
 * Leaves word of where the servers of this data folder are and what the product was configured with, for tools that
 * are started beside it. Readable by nobody else: it holds what `npm start` itself has in its environment.
 */
export function noteRunning(dataDir: string, given: Environment, own: Environment): { forget(): void } {
  const file = fileOf(dataDir);
  const env = Object.fromEntries(
    Object.entries(own).filter(([name, value]) => value !== undefined && value !== given[name]),
  );
  const note = { pid: process.pid, identity: processIdentity(process.pid) ?? '', env };
  // A file that is there keeps the rights that it had.
  rmSync(file, { force: true });
  writeFileSync(file, JSON.stringify(note), { mode: 0o600 });
  return { forget: () => rmSync(file, { force: true }) };
}

/**
 * The environment for a tool: as it is given, or that of a running `npm start` on the data folder where it names
 * neither database nor engine. `dataDir` is there in the second case.
 */
export function environmentOfRunning(
  env: Environment,
  directory = process.cwd(),
): { env: Environment; dataDir?: string } {
  if (env.DATABASE_URL || env.TEMPORAL_ADDRESS) return { env };
  const dataDir = resolve(directory, env.DATA_DIR || '.data');
  const note = readNote(fileOf(dataDir));
  if (note === undefined || !isAlive(note.pid, note.identity)) return { env };
  return { env: { ...env, ...note.env }, dataDir };
}

function readNote(file: string): z.infer<typeof Note> | undefined {
  try {
    const parsed = Note.safeParse(JSON.parse(readFileSync(file, 'utf8')));
    return parsed.success ? parsed.data : undefined;
  } catch {
    // None was left, or one that a full disk cut short: then nothing runs that could be found.
    return undefined;
  }
}
