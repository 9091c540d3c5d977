import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

/**
 * When a process started, in a form that only ever compares equal for the same process: a pid alone
 * is reused by the system. `undefined` when there is no such process (or only its zombie).
 */
export function processIdentity(pid: number): string | undefined {
  return platform() === 'linux' ? linuxIdentity(pid) : psIdentity(pid);
}

/** True while the very process that `identity` was taken from is alive. */
export function isAlive(pid: number, identity: string): boolean {
  return processIdentity(pid) === identity;
}

/** The command line of a process, arguments joined by spaces; `undefined` when it is gone or not ours to see. */
export function processCommand(pid: number): string | undefined {
  if (platform() !== 'linux') return ps(pid, 'command');
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function linuxIdentity(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in the second field may hold spaces and brackets: count from its closing bracket.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    if (fields[0] === 'Z' || fields[0] === 'X') return undefined;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot}/${fields[19]}`;
  } catch (error) {
    if (isGone(error)) return undefined;
    throw error;
  }
}

function psIdentity(pid: number): string | undefined {
  const state = ps(pid, 'stat');
  if (state === undefined || state.startsWith('Z')) return undefined;
  return ps(pid, 'lstart');
}

function ps(pid: number, column: string): string | undefined {
  try {
    const text = execFileSync('ps', ['-o', `${column}=`, '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      env: { PATH: '/bin:/usr/bin', LC_ALL: 'C' },
    }).trim();
    return text === '' ? undefined : text;
  } catch (error) {
    // ps answers a pid it does not know with an exit status of 1.
    if (error instanceof Error && 'status' in error && error.status === 1) return undefined;
    throw error;
  }
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return code === 'ENOENT' || code === 'ESRCH' || code === 'EACCES';
}
