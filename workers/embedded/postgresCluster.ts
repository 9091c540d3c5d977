import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import type { PostgresHome } from './postgresHome.ts';
import { isAlive, processCommand, processIdentity } from './process.ts';

export const POSTGRES_USER = 'dirigent';

/** PostgreSQL's programs see nothing of our environment: PGDATA, PGPORT and locales would change what they do. */
export const POSTGRES_ENV = { PATH: '/bin:/usr/bin', LC_ALL: 'C', TZ: 'UTC' };

/**
 * Makes the cluster unless it exists; returns the password of its superuser. It appears under its
 * name only when complete, so a start cut short is simply begun again.
 */
export async function ensureCluster(home: PostgresHome, fsync: boolean): Promise<string> {
  const passwordFile = `${home.dataDir}.password`;
  if (existsSync(join(home.dataDir, 'PG_VERSION'))) {
    if (existsSync(passwordFile)) return readFileSync(passwordFile, 'utf8').trim();
    throw new Error(
      `${passwordFile} is missing, so the database beside it cannot be opened. Begin anew with --fresh.`,
    );
  }
  mkdirSync(dirname(home.dataDir), { recursive: true });
  const aside = `${home.dataDir}.new`;
  rmSync(aside, { recursive: true, force: true });
  mkdirSync(aside, { mode: 0o700 });
  const password = randomBytes(18).toString('base64url');
  writeFileSync(passwordFile, password, { mode: 0o600 });
  if (home.owner !== undefined) {
    chownSync(aside, home.owner.uid, home.owner.gid);
    chownSync(passwordFile, home.owner.uid, home.owner.gid);
  }
  try {
    await promisify(execFile)(
      home.initdb,
      [
        `--pgdata=${aside}`,
        `--username=${POSTGRES_USER}`,
        `--pwfile=${passwordFile}`,
        '--auth=scram-sha-256',
        '--encoding=UTF8',
        '--locale=C',
        // The same order and case rules on every machine, Cyrillic included.
        '--locale-provider=builtin',
        '--builtin-locale=C.UTF-8',
        ...(fsync ? [] : ['--no-sync']),
      ],
      { ...home.owner, cwd: '/', env: POSTGRES_ENV },
    );
  } catch (cause) {
    rmSync(aside, { recursive: true, force: true });
    throw new Error(`PostgreSQL's initdb failed: ${lastLine(cause)}`, { cause });
  }
  renameSync(aside, home.dataDir);
  return password;
}

/** Stops a server that an earlier start left on this data folder, and clears a pid file that names another program. */
export async function clearOldServer(dataDir: string, log: (line: string) => void): Promise<void> {
  const pidFile = join(dataDir, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  const pid = Number(readFileSync(pidFile, 'utf8').split('\n')[0]);
  const identity = Number.isInteger(pid) && pid > 1 ? processIdentity(pid) : undefined;
  const ours = identity !== undefined && (processCommand(pid)?.includes(dataDir) ?? false);
  if (identity === undefined || !ours) {
    rmSync(pidFile, { force: true });
    return;
  }
  log('Stopping the PostgreSQL of an earlier start.');
  for (const [signal, waitMs] of [
    ['SIGINT', 8000],
    ['SIGQUIT', 3000],
    ['SIGKILL', 3000],
  ] as const) {
    if (isAlive(pid, identity)) process.kill(pid, signal);
    const deadline = Date.now() + waitMs;
    while (isAlive(pid, identity) && Date.now() < deadline) await sleep(50);
  }
  if (isAlive(pid, identity))
    throw new Error(`Cannot stop the PostgreSQL (process ${pid}) that runs on ${dataDir}.`);
  rmSync(pidFile, { force: true });
}

/** Settings for a small machine; never without fsync unless a test asks for it. */
export function serverArguments(dataDir: string, port: number, fsync: boolean): string[] {
  const settings: Record<string, string | number> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    max_connections: 120,
    shared_buffers: '64MB',
    huge_pages: 'off',
    // No extra processes: two cores serve Temporal and Node besides.
    io_method: 'sync',
    max_parallel_workers_per_gather: 0,
    jit: 'off',
    wal_level: 'minimal',
    max_wal_senders: 0,
    max_wal_size: '256MB',
    log_checkpoints: 'off',
    log_timezone: 'UTC',
    timezone: 'UTC',
    ...(fsync ? {} : { fsync: 'off', full_page_writes: 'off', synchronous_commit: 'off' }),
  };
  return [
    '-D',
    dataDir,
    '-p',
    String(port),
    ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
  ];
}

function lastLine(error: unknown): string {
  const stderr = error instanceof Error && 'stderr' in error ? String(error.stderr) : '';
  return stderr.trim().split('\n').at(-1) || (error instanceof Error ? error.message : String(error));
}
