import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts processor time in ticks of this length. */
const TICK_MS = 10;

interface ProcessTimes {
  parent: number;
  /** Milliseconds of processor time, user and system, of the process itself. */
  own: number;
  /** The same of its children that have ended. */
  ended: number;
}

/**
 * Processor time, in milliseconds, that a process and everything it started has used so far. Sums of
 * living and ended children, so that a server with short-lived helpers is not underestimated.
 */
export function treeCpuMs(root: number): number {
  const times = readAll();
  let total = 0;
  for (const pid of tree(root, times)) {
    const found = times.get(pid);
    if (found) total += found.own + found.ended;
  }
  return total;
}

/** Memory, in bytes, that would come free if the process and everything it started ended: shared pages count by share. */
export function treeMemory(root: number): number {
  let total = 0;
  for (const pid of tree(root, readAll())) total += proportionalSet(pid);
  return total;
}

function proportionalSet(pid: number): number {
  try {
    const kilobytes = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8'))?.[1];
    return Number(kilobytes ?? 0) * 1024;
  } catch (error) {
    if (hasEnded(error)) return 0;
    throw error;
  }
}

function tree(root: number, times: Map<number, ProcessTimes>): number[] {
  const found = [root];
  for (const pid of found) {
    for (const [child, { parent }] of times) if (parent === pid) found.push(child);
  }
  return found;
}

function readAll(): Map<number, ProcessTimes> {
  const times = new Map<number, ProcessTimes>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const text = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The program's name, in parentheses, may hold anything.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      const ticks = (index: number) => Number(fields[index]) * TICK_MS;
      times.set(Number(name), {
        parent: Number(fields[1]),
        own: ticks(11) + ticks(12),
        ended: ticks(13) + ticks(14),
      });
    } catch (error) {
      // It ended between the listing and the look.
      if (!hasEnded(error)) throw error;
    }
  }
  return times;
}

const hasEnded = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH');
