import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { startPostgres } from '../../../workers/embedded/postgres.ts';
import { isAlive, processIdentity } from '../../../workers/embedded/process.ts';
import type { ChildRegistry } from '../../../workers/embedded/registry.ts';
import { signalGroup } from '../../../workers/embedded/registry.ts';
import { startTemporal } from '../../../workers/embedded/temporal.ts';

/** Knows the newest process that was started, so that it can be killed. */
function captured() {
  let pid: number | undefined;
  const registry: ChildRegistry = {
    add: (record) => {
      pid = record.pid;
    },
    remove: () => undefined,
  };
  return {
    registry,
    async kill() {
      if (pid === undefined) return;
      const identity = processIdentity(pid);
      signalGroup(pid, 'SIGKILL');
      while (identity !== undefined && isAlive(pid, identity)) await sleep(5);
    },
  };
}

const silent = () => undefined;

/** A folder that is gone when the process ends, however it ends. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-chaos-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(folder, 0o711);
  process.on('exit', () => rmSync(folder, { recursive: true, force: true, maxRetries: 10 }));
  return folder;
}

/** PostgreSQL, with everything on disk that it has promised to keep. */
export function postgresServer(dataDir: string) {
  const process = captured();
  let running: Awaited<ReturnType<typeof startPostgres>> | undefined;
  return {
    /** The superuser's address; another port after each start. */
    url: () => running?.url ?? '',
    port: () => running?.port ?? 0,
    async start() {
      running = await startPostgres({
        dataDir: join(dataDir, 'postgres'),
        log: silent,
        registry: process.registry,
        database: 'chaos',
      });
    },
    kill: process.kill,
    stop: async () => running?.stop(),
  };
}

/** Temporal's development server on a file, always at the same port. */
export function temporalServer(dataDir: string, binary: string) {
  const process = captured();
  let running: Awaited<ReturnType<typeof startTemporal>> | undefined;
  return {
    address: () => running?.address ?? '',
    async start() {
      const port = running && Number(running.address.split(':')[1]);
      running = await startTemporal({
        binary,
        dataDir: join(dataDir, 'temporal'),
        log: silent,
        headless: true,
        registry: process.registry,
        // Conversations continue as new after so many events: a short path shows it.
        dynamicConfig: ['limit.historyCount.suggestContinueAsNew=100'],
        ...(port === undefined ? {} : { ports: { frontend: port } }),
      });
    },
    kill: process.kill,
    stop: async () => running?.stop(),
  };
}
