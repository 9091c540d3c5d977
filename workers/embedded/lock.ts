import { mkdirSync, readFileSync, rmdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive, processIdentity } from './process.ts';

/** The folder is in use by another live process, which the message names. */
export class FolderInUse extends Error {
  readonly pid: number;
  constructor(folder: string, pid: number) {
    super(
      `Dirigent already runs on ${folder} (process ${pid}). Stop it first, or set DATA_DIR to another folder.`,
    );
    this.name = 'FolderInUse';
    this.pid = pid;
  }
}

export interface FolderLock {
  /** True when the previous holder ended without releasing: it crashed. */
  readonly recovered: boolean;
  release(): void;
}

interface Holder {
  pid: number;
  identity: string;
}

const TAKEOVER_MS = 10_000;
/** Creating a lock and filling it are two steps: a younger one that says nothing may be live. */
const WRITING_MS = 500;

/**
 * Makes this process the only one on a data folder. A lock whose holder is dead is taken over;
 * a live holder is `FolderInUse`. Of several processes that ask at once, one gets it.
 */
export async function lockFolder(folder: string): Promise<FolderLock> {
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'lock.json');
  const identity = processIdentity(process.pid);
  if (identity === undefined) throw new Error('Cannot read when this process started (is /proc mounted?).');
  const mine = JSON.stringify({ pid: process.pid, identity } satisfies Holder);

  let recovered = false;
  while (!claim(file, mine)) {
    const holder = await readHolder(file);
    if (holder !== undefined && isAlive(holder.pid, holder.identity)) {
      throw new FolderInUse(folder, holder.pid);
    }
    if (await removeStale(file)) recovered = true;
  }
  let held = true;
  const release = () => {
    if (held && readText(file) === mine) rmSync(file, { force: true });
    held = false;
    process.off('exit', release);
  };
  process.on('exit', release);
  return { recovered, release };
}

function claim(file: string, text: string): boolean {
  try {
    writeFileSync(file, text, { flag: 'wx' });
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** A lock that cannot be parsed is being written this moment, or was cut short by a crash. */
async function readHolder(file: string): Promise<Holder | undefined> {
  for (let attempt = 0; attempt < 10; attempt++) {
    const text = readText(file);
    if (text === undefined) return undefined;
    const holder = parseHolder(text);
    if (holder !== undefined) return holder;
    await sleep(100);
  }
  return undefined;
}

/** Only one process at a time may judge and remove a stale lock, or a second would remove the first one's new lock. */
async function removeStale(file: string): Promise<boolean> {
  const gate = `${file}.takeover`;
  try {
    mkdirSync(gate);
  } catch (error) {
    if (codeOf(error) !== 'EEXIST') throw error;
    const since = ageOf(gate);
    if (since !== undefined && since > TAKEOVER_MS) rmSync(gate, { recursive: true, force: true });
    await sleep(50);
    return false;
  }
  try {
    const text = readText(file);
    if (text === undefined) return false;
    const holder = parseHolder(text);
    const fresh = (ageOf(file) ?? 0) < WRITING_MS;
    if (holder === undefined ? fresh : isAlive(holder.pid, holder.identity)) return false;
    rmSync(file, { force: true });
    return true;
  } finally {
    rmdirSync(gate);
  }
}

function parseHolder(text: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    if (!('pid' in value) || !Number.isInteger(value.pid)) return undefined;
    if (!('identity' in value) || typeof value.identity !== 'string') return undefined;
    return { pid: Number(value.pid), identity: value.identity };
  } catch {
    return undefined;
  }
}

function readText(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function ageOf(path: string): number | undefined {
  try {
    return Date.now() - statSync(path).mtimeMs;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}
