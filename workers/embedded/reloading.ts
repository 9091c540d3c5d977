import { existsSync, type FSWatcher, watch } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Environment } from '../../config/yaml.ts';
import { type Child, startChild } from './children.ts';
import type { RunningProduct } from './product.ts';
import type { ChildRegistry } from './registry.ts';

export interface ReloadingOptions {
  /** As `productEnvironment` makes it. */
  env: Environment;
  log: (line: string) => void;
  /** Every line that the product logs. */
  onLine: (line: string) => void;
  registry?: ChildRegistry;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['activities', 'api', 'config', 'db', 'domain', 'workers', 'workflows'];
/** An editor saves a file in several steps, and a person several files. */
const SETTLE_MS = 200;
const START_MS = 60_000;

/**
 * The product as a child that is started anew whenever a source file changes, while servers, stand-ins and chat
 * stay. One that fails to start waits for the next change.
 */
export async function startReloadingProduct(options: ReloadingOptions): Promise<RunningProduct> {
  let child: Child | undefined;
  let stopped = false;
  let turn = Promise.resolve();

  const start = async () => {
    if (stopped) return;
    const begun = await startChild({
      name: 'Product',
      command: process.execPath,
      args: ['--import', 'tsx', 'workers/main.ts'],
      cwd: ROOT,
      env: { DIRIGENT_COMMIT: 'dev', DIRIGENT_BUILD_TIME: new Date().toISOString(), ...options.env },
      registry: options.registry,
      graceMs: 15_000,
      onLine: options.onLine,
    });
    child = begun;
    void begun.exited.then(({ code }) => {
      if (!stopped && child === begun && code !== null && code !== 0) {
        options.log(`The product ended with code ${code}; it starts again when a file changes.`);
      }
    });
  };
  const restart = async (file: string) => {
    options.log(`${file} changed: starting the product anew.`);
    const before = child;
    child = undefined;
    await before?.stop();
    await start();
  };

  await start();
  const watchers = watchSources((file) => {
    turn = turn.then(() => restart(file)).catch((error: unknown) => options.log(String(error)));
  });
  const url = `http://127.0.0.1:${options.env.PORT}`;
  await untilAnswers(`${url}/health`);
  return {
    url,
    async stop() {
      stopped = true;
      for (const watcher of watchers) watcher.close();
      await turn;
      await child?.stop();
    },
  };
}

function watchSources(onChange: (file: string) => void): FSWatcher[] {
  let settling: NodeJS.Timeout | undefined;
  return SOURCES.filter((folder) => existsSync(join(ROOT, folder))).map((folder) =>
    watch(join(ROOT, folder), { recursive: true }, (_, file) => {
      if (file === null || !/\.(ts|sql|json)$/.test(file) || file.endsWith('.test.ts')) return;
      clearTimeout(settling);
      settling = setTimeout(onChange, SETTLE_MS, join(folder, file));
    }),
  );
}

async function untilAnswers(url: string): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline) {
    // A refused connection is the answer "not yet".
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
