import { join, resolve } from 'node:path';
import { readConfigFile, readConnections } from '../../config/load.ts';
import type { Environment } from '../../config/yaml.ts';
import { lockFolder } from '../embedded/lock.ts';
import { startPostgres } from '../embedded/postgres.ts';
import { environmentOfRunning } from '../embedded/running.ts';
import type { Engine } from './engine.ts';

/** The database that a tool works on. */
export interface Place {
  databaseUrl: string;
  /** Absent where the engine of `npm start` does not run either. */
  engine: Engine | undefined;
  /** In words, without credentials. */
  name: string;
  leave(): Promise<void>;
}

/**
 * The database of the environment and config.yaml; where they name none that of a running `npm start`, and where
 * none runs the embedded one on DATA_DIR, which is started for the time being.
 * @throws SettingsError, or `FolderInUse` when the data folder is in use and cannot be shared
 */
export async function findPlace(given: Environment, log: (line: string) => void): Promise<Place> {
  const { env, dataDir: running } = environmentOfRunning(given);
  if (running !== undefined || env.DATABASE_URL || readConfigFile(env, process.cwd()) !== undefined) {
    const { databaseUrl, ...engine } = readConnections(env);
    const { host, pathname } = new URL(databaseUrl);
    const name = running === undefined ? `${host}${pathname}` : `npm start on ${running}`;
    return { databaseUrl, engine, name, leave: async () => undefined };
  }
  const dataDir = resolve(env.DATA_DIR || '.data');
  const lock = await lockFolder(dataDir);
  try {
    const { url, stop } = await startPostgres({ dataDir: join(dataDir, 'postgres'), log });
    const leave = () => stop().finally(() => lock.release());
    return { databaseUrl: url, engine: undefined, name: `the embedded PostgreSQL on ${dataDir}`, leave };
  } catch (error) {
    lock.release();
    throw error;
  }
}
