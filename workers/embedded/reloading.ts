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
  /** Where the sources are and the children run. Default: this product. */
  root?: string;
}

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SOURCES = ['activities', 'api', 'config', 'db', 'domain', 'workers', 'workflows'];
/** An editor saves a file in several steps, and a person several files. */
const SETTLE_MS = 200;
const START_MS = 60_000;
const REHEARSAL_MS = 90_000;

/**
 * The product as a child that is started anew whenever a source file changes, while servers, stand-ins and chat
 * stay. One that fails to start waits for the next change. Each time, open workflows are replayed in the
 * background, and the log names those that the code as it is now would break.
 */
export async function startReloadingProduct(options: ReloadingOptions): Promise<RunningProduct> {
  let child: Child | undefined;
  let stopped = false;
  let turn = Promise.resolve();
  const { root = ROOT } = options;
  const url = `http://127.0.0.1:${options.env.PORT}`;
  const rehearsals = createRehearsals(`${url}/ready`, { ...options, root });

  const start = async () => {
    if (stopped) return;
    const begun = await startChild({
      name: 'Product',
      command: process.execPath,
      args: ['--import', 'tsx', 'workers/main.ts'],
      cwd: root,
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
    await Promise.all([before?.stop(), rehearsals.stop()]);
    await start();
    rehearsals.begin();
  };

  await start();
  const watchers = watchSources(root, (file) => {
    turn = turn.then(() => restart(file)).catch((error: unknown) => options.log(String(error)));
  });
  await untilAnswers(`${url}/health`);
  rehearsals.begin();
  return {
    url,
    async stop() {
      stopped = true;
      for (const watcher of watchers) watcher.close();
      await turn;
      await Promise.all([child?.stop(), rehearsals.stop()]);
    },
  };
}

/** One at a time: a change makes the one under way pointless. */
function createRehearsals(ready: string, { env, log, registry, root }: ReloadingOptions & { root: string }) {
  let latest: AbortController | undefined;
  let ended = Promise.resolve();

  async function run(signal: AbortSignal): Promise<void> {
    // A product that is ready has made the bundle, and the processors are idle again.
    await untilAnswers(ready, signal);
    if (signal.aborted) return;
    const rehearsal = await startChild({
      name: 'Replay',
      command: process.execPath,
      args: ['--import', 'tsx', 'workers/embedded/rehearsal.ts'],
      cwd: root,
      env,
      registry,
      onLine: (line) => {
        if (!signal.aborted) log(line);
      },
    });
    const stop = () => void rehearsal.stop();
    if (signal.aborted) stop();
    signal.addEventListener('abort', stop, { once: true });
    const late = setTimeout(stop, REHEARSAL_MS);
    await rehearsal.exited;
    clearTimeout(late);
    signal.removeEventListener('abort', stop);
  }

  return {
    begin() {
      const abort = new AbortController();
      latest = abort;
      ended = run(abort.signal).catch((error: unknown) => log(String(error)));
    },
    async stop() {
      latest?.abort();
      await ended;
    },
  };
}

function watchSources(root: string, onChange: (file: string) => void): FSWatcher[] {
  let settling: NodeJS.Timeout | undefined;
  return SOURCES.filter((folder) => existsSync(join(root, folder))).map((folder) =>
    watch(join(root, folder), { recursive: true }, (_, file) => {
      if (file === null || !/\.(ts|sql|json)$/.test(file) || file.endsWith('.test.ts')) return;
      clearTimeout(settling);
      settling = setTimeout(onChange, SETTLE_MS, join(folder, file));
    }),
  );
}

async function untilAnswers(url: string, signal?: AbortSignal): Promise<void> {
  const deadline = Date.now() + START_MS;
  while (Date.now() < deadline && !signal?.aborted) {
    // A refused connection is the answer "not yet".
    const response = await fetch(url, { signal: AbortSignal.timeout(2000) }).catch(() => undefined);
    if (response?.ok) return;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
