import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './process.ts';

/** A child that was started, told apart from a later process with the same pid by its identity. */
export interface ChildRecord {
  name: string;
  /** Also the number of the process group it leads. */
  pid: number;
  identity: string;
  /** What ends it politely. */
  stopSignal: 'SIGTERM' | 'SIGINT';
}

/** The children of one data folder, on disk, so that the next start finds what a crash left running. */
export interface ChildRegistry {
  add(record: ChildRecord): void;
  remove(pid: number): void;
}

/** Keeps the list in `file`; every change is on disk when the call returns. */
export function openRegistry(file: string): ChildRegistry {
  const records = new Map<number, ChildRecord>();
  const write = () => {
    if (records.size === 0) {
      rmSync(file, { force: true });
      return;
    }
    mkdirSync(dirname(file), { recursive: true });
    // Written aside and renamed: a crash must never leave half a list.
    const aside = `${file}.${process.pid}`;
    writeFileSync(aside, JSON.stringify([...records.values()], null, 2));
    renameSync(aside, file);
  };
  return {
    add(record) {
      records.set(record.pid, record);
      write();
    },
    remove(pid) {
      if (records.delete(pid)) write();
    },
  };
}

/** What the list at `file` says; empty when there is none or when nothing in it can be read. */
export function readRegistry(file: string): ChildRecord[] {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return [];
    throw error;
  }
  try {
    const parsed: unknown = JSON.parse(text);
    return Array.isArray(parsed) ? parsed.filter(isRecord) : [];
  } catch {
    // A list cut short by a full disk names nobody; PostgreSQL's own pid file is looked at besides.
    return [];
  }
}

/**
 * Stops the children an earlier start left behind, if they are still the same processes: its stop signal
 * to each group, SIGKILL after `graceMs`. Returns the names of those that had to be stopped.
 */
export async function stopLeftovers(file: string, graceMs = 8000): Promise<string[]> {
  const left = readRegistry(file).filter((child) => isAlive(child.pid, child.identity));
  for (const child of left) signalGroup(child.pid, child.stopSignal);
  const deadline = Date.now() + graceMs;
  while (left.some((child) => isAlive(child.pid, child.identity)) && Date.now() < deadline) await sleep(50);
  for (const child of left) if (isAlive(child.pid, child.identity)) signalGroup(child.pid, 'SIGKILL');
  while (left.some((child) => isAlive(child.pid, child.identity))) {
    if (Date.now() > deadline + graceMs) {
      throw new Error(`Cannot stop ${left.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ')}.`);
    }
    await sleep(50);
  }
  rmSync(file, { force: true });
  return left.map((child) => child.name);
}

/** Signals a process group; `false` when the group is gone already. */
export function signalGroup(pid: number, signal: NodeJS.Signals): boolean {
  try {
    process.kill(-pid, signal);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
    throw error;
  }
}

function isRecord(value: unknown): value is ChildRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'name' in value &&
    typeof value.name === 'string' &&
    'pid' in value &&
    Number.isInteger(value.pid) &&
    Number(value.pid) > 1 &&
    'identity' in value &&
    typeof value.identity === 'string' &&
    'stopSignal' in value &&
    (value.stopSignal === 'SIGTERM' || value.stopSignal === 'SIGINT')
  );
}
