import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { lockFolder } from './lock.ts';
import { startPostgres } from './postgres.ts';
import { removePostgresData } from './postgresHome.ts';
import { type ChildRegistry, openRegistry, stopLeftovers } from './registry.ts';
import { startTemporal } from './temporal.ts';

export interface InfrastructureOptions {
  /** Holds everything that survives a restart. */
  dataDir: string;
  /** The `temporal` program. */
  temporalBinary: string;
  log: (line: string) => void;
  /** Begins with an empty data folder. */
  fresh?: boolean;
  /** A PostgreSQL to use in place of the embedded one. */
  databaseUrl?: string;
  /** Where Temporal's UI has payloads decrypted; asked once the data folder is ready. */
  uiCodecEndpoint?: () => string;
  /** For tests: Temporal in memory and without UI, PostgreSQL without fsync. */
  throwaway?: boolean;
  /** Called when a server ends by itself. */
  onLost?: (reason: Error) => void;
}

export interface Infrastructure {
  databaseUrl: string;
  temporalAddress: string;
  temporalNamespace: string;
  /** Empty for a throwaway stack. */
  temporalUiUrl: string;
  /** For further children on the same folder, so that a crash does not leave them behind. */
  registry: ChildRegistry;
  /** Temporal, then PostgreSQL, then the folder's lock. Safe to call twice. */
  stop(): Promise<void>;
}

/**
 * Starts Temporal and PostgreSQL on one data folder, which no other process may use meanwhile
 * (`FolderInUse`). What an earlier start that crashed left running is stopped first. If one of them
 * cannot start, nothing is left running.
 */
export async function startInfrastructure(options: InfrastructureOptions): Promise<Infrastructure> {
  const dataDir = resolve(options.dataDir);
  const lock = await lockFolder(dataDir);
  const stops: (() => Promise<void>)[] = [];
  let stopped: Promise<void> | undefined;
  const stop = () => {
    stopped ??= stopAll(stops).finally(() => {
      if (options.throwaway) removePostgresData(join(dataDir, 'postgres'));
      lock.release();
    });
    return stopped;
  };
  try {
    const childrenFile = join(dataDir, 'children.json');
    const left = await stopLeftovers(childrenFile);
    if (left.length > 0) options.log(`Stopped what an earlier start left running: ${left.join(', ')}.`);
    if (options.fresh) emptyFolder(dataDir);
    const registry = openRegistry(childrenFile);
    const shared = { log: options.log, registry, onLost: options.onLost };

    const database = options.databaseUrl
      ? Promise.resolve({ url: options.databaseUrl, stop: async () => undefined })
      : startPostgres({ ...shared, dataDir: join(dataDir, 'postgres'), fsync: !options.throwaway });
    const engine = startTemporal({
      ...shared,
      binary: options.temporalBinary,
      dataDir: options.throwaway ? undefined : join(dataDir, 'temporal'),
      headless: options.throwaway,
      uiCodecEndpoint: options.uiCodecEndpoint?.(),
      ports: options.throwaway ? undefined : { frontend: 7233, ui: 8233 },
    });
    const [postgres, temporal] = await Promise.allSettled([database, engine]);
    if (postgres.status === 'fulfilled') stops.push(() => postgres.value.stop());
    if (temporal.status === 'fulfilled') stops.push(() => temporal.value.stop());
    if (postgres.status === 'rejected') throw postgres.reason;
    if (temporal.status === 'rejected') throw temporal.reason;
    return {
      databaseUrl: postgres.value.url,
      temporalAddress: temporal.value.address,
      temporalNamespace: temporal.value.namespace,
      temporalUiUrl: temporal.value.uiUrl,
      registry,
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Last started, first stopped; one that fails to stop does not spare the others. */
async function stopAll(stops: (() => Promise<void>)[]): Promise<void> {
  const failures: unknown[] = [];
  for (const stop of stops.toReversed()) {
    try {
      await stop();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be stopped.');
}

function emptyFolder(dataDir: string): void {
  if (!existsSync(dataDir)) return;
  removePostgresData(join(dataDir, 'postgres'));
  // All but the lock, which keeps others out while this runs.
  for (const name of readdirSync(dataDir)) {
    if (!name.startsWith('lock.json')) rmSync(join(dataDir, name), { recursive: true, force: true });
  }
}
