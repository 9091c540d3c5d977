import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Connection } from '@temporalio/client';
import { msToTs } from '@temporalio/common/lib/time';
import { type Child, startChild } from './children.ts';
import { freePort } from './ports.ts';
import type { ChildRegistry } from './registry.ts';
import { temporalArguments, temporalEnvironment } from './temporalSettings.ts';

export interface TemporalOptions {
  /** The `temporal` program. */
  binary: string;
  /** Folder of its database file; without one everything is in memory and ends with the server. */
  dataDir?: string;
  log: (line: string) => void;
  registry?: ChildRegistry;
  /** Ports to prefer; another is taken when one is in use. */
  ports?: { frontend?: number; ui?: number };
  /** Where the UI has payloads decrypted; browsers reach it. */
  uiCodecEndpoint?: string | undefined;
  /** Without the UI, as tests want it. */
  headless?: boolean;
  /** `key=value` pairs of the server's dynamic configuration, as tests of limits want them. */
  dynamicConfig?: readonly string[];
  /** Called when the server ends without having been stopped; `reason` holds its last lines. */
  onLost?: (reason: Error) => void;
}

export interface RunningTemporal {
  /** Frontend, as clients want it: `127.0.0.1:7233`. */
  address: string;
  /** Where the UI is; empty when headless. */
  uiUrl: string;
  namespace: string;
  stop(): Promise<void>;
}

export const NAMESPACE = 'default';
/** Histories are the truth that state is read back from, so a day, the server's default, is too short. */
const RETENTION_SECONDS = 7 * 24 * 3600;
const START_MS = 60_000;

/** Starts a Temporal dev server and answers when its frontend serves the namespace. Listens on 127.0.0.1 only. */
export async function startTemporal(options: TemporalOptions): Promise<RunningTemporal> {
  const deadline = Date.now() + START_MS;
  if (options.dataDir !== undefined) mkdirSync(options.dataDir, { recursive: true });
  for (;;) {
    const port = await freePort(options.ports?.frontend);
    const uiPort = options.headless ? undefined : await freePort(options.ports?.ui);
    const child = await startChild({
      name: 'Temporal',
      command: options.binary,
      args: temporalArguments({
        port,
        uiPort,
        uiCodecEndpoint: options.uiCodecEndpoint,
        databaseFile: options.dataDir === undefined ? undefined : join(options.dataDir, 'temporal.db'),
        namespace: NAMESPACE,
        dynamicConfig: options.dynamicConfig,
      }),
      env: temporalEnvironment(process.env),
      registry: options.registry,
    });
    const address = `127.0.0.1:${port}`;
    try {
      await untilServing(child, address, deadline);
      let stopping = false;
      void child.exited.then(() => {
        if (!stopping) options.onLost?.(new Error(`Temporal ended by itself: ${lastWords(child)}`));
      });
      return {
        address,
        uiUrl: uiPort === undefined ? '' : `http://127.0.0.1:${uiPort}`,
        namespace: NAMESPACE,
        stop() {
          stopping = true;
          return child.stop();
        },
      };
    } catch (cause) {
      await child.stop();
      const taken = /address already in use/i.test(child.lastLines().join('\n'));
      if (!taken || Date.now() > deadline) {
        throw new Error(`Temporal does not start: ${lastWords(child)}`, { cause });
      }
      await sleep(200);
    }
  }
}

async function untilServing(child: Child, address: string, deadline: number): Promise<void> {
  for (;;) {
    if (!child.running) {
      await child.exited;
      throw new Error('The server ended.');
    }
    try {
      await prepareNamespace(address);
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await sleep(100);
  }
}

/** Fails while the server or the namespace is not there yet. */
async function prepareNamespace(address: string): Promise<void> {
  const connection = await Connection.connect({ address, connectTimeout: '2s' });
  try {
    await connection.withDeadline(Date.now() + 5000, async () => {
      const { config } = await connection.workflowService.describeNamespace({ namespace: NAMESPACE });
      if (Number(config?.workflowExecutionRetentionTtl?.seconds ?? 0) === RETENTION_SECONDS) return;
      await connection.workflowService.updateNamespace({
        namespace: NAMESPACE,
        config: { workflowExecutionRetentionTtl: msToTs(RETENTION_SECONDS * 1000) },
      });
    });
  } finally {
    await connection.close();
  }
}

function lastWords(child: Child): string {
  return child.lastLines().slice(-6).join(' | ') || 'it said nothing';
}
