import { resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import postgres from 'postgres';
import { type Child, startChild } from './children.ts';
import { freePort } from './ports.ts';
import {
  clearOldServer,
  ensureCluster,
  POSTGRES_ENV,
  POSTGRES_USER,
  serverArguments,
} from './postgresCluster.ts';
import { findPostgresHome } from './postgresHome.ts';
import type { ChildRegistry } from './registry.ts';

export interface PostgresOptions {
  dataDir: string;
  log: (line: string) => void;
  registry?: ChildRegistry;
  /** `false` only for tests, whose data may be lost with the machine. */
  fsync?: boolean;
  /** Database to have when started; made if it is missing. */
  database?: string;
  /** Called when the server ends without having been stopped; `reason` holds its last lines. */
  onLost?: (reason: Error) => void;
}

export interface RunningPostgres {
  /** Superuser's address of the database, password included: never for a log. */
  url: string;
  port: number;
  stop(): Promise<void>;
}

const PREFERRED_PORT = 15432;
const START_MS = 60_000;

/**
 * Starts the embedded PostgreSQL on `dataDir` and answers when it takes connections. Recovers from an
 * earlier start that crashed. Listens on 127.0.0.1 only.
 */
export async function startPostgres(options: PostgresOptions): Promise<RunningPostgres> {
  const fsync = options.fsync ?? true;
  const home = await findPostgresHome(resolve(options.dataDir));
  await clearOldServer(home.dataDir, options.log);
  const password = await ensureCluster(home, fsync);
  const deadline = Date.now() + START_MS;

  for (;;) {
    const port = await freePort(fsync ? PREFERRED_PORT : undefined);
    const child = await startChild({
      name: 'PostgreSQL',
      command: home.postgres,
      args: serverArguments(home.dataDir, port, fsync),
      ...home.owner,
      cwd: '/',
      env: POSTGRES_ENV,
      // Fast shutdown: sessions are ended, the data is written.
      stopSignal: 'SIGINT',
      registry: options.registry,
    });
    const url = (database: string) => `postgres://${POSTGRES_USER}:${password}@127.0.0.1:${port}/${database}`;
    try {
      await untilReady(child, url('postgres'), deadline);
      const database = options.database ?? 'dirigent';
      await ensureDatabase(url('postgres'), database);
      let stopping = false;
      void child.exited.then(() => {
        if (!stopping) options.onLost?.(new Error(`PostgreSQL ended by itself: ${lastWords(child)}`));
      });
      return {
        url: url(database),
        port,
        stop() {
          stopping = true;
          return child.stop();
        },
      };
    } catch (cause) {
      await child.stop();
      const words = child.lastLines().join('\n');
      // Another program took the port, or sessions of a killed server are still ending: both pass.
      const passing =
        /Address already in use|could not create any TCP\/IP sockets|pre-existing shared memory/i;
      if (!passing.test(words) || Date.now() > deadline) {
        throw new Error(`PostgreSQL does not start: ${lastWords(child)}`, { cause });
      }
      await sleep(300);
    }
  }
}

async function untilReady(child: Child, url: string, deadline: number): Promise<void> {
  for (;;) {
    if (!child.running) {
      await child.exited;
      throw new Error('The server ended.');
    }
    const sql = connect(url);
    try {
      await sql`select 1`;
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    } finally {
      await sql.end({ timeout: 1 });
    }
    await sleep(50);
  }
}

async function ensureDatabase(url: string, name: string): Promise<void> {
  const sql = connect(url);
  try {
    const found = await sql`select 1 from pg_database where datname = ${name}`;
    if (found.length === 0) await sql`create database ${sql(name)}`;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function connect(url: string) {
  return postgres(url, { max: 1, connect_timeout: 5, onnotice: () => undefined });
}

function lastWords(child: Child): string {
  return child.lastLines().slice(-6).join(' | ') || 'it said nothing';
}
