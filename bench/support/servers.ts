import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createSandboxClient } from '../../sandbox/client.ts';
import { findOrBuildTemporal } from '../../scripts/temporal/binary.mjs';
import { type Child, startChild } from '../../workers/embedded/children.ts';
import { startSandboxProcess } from '../../workers/embedded/sandbox.ts';
import { startInfrastructure } from '../../workers/embedded/stack.ts';
import { bundleWorkflows } from '../../workers/worker.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const START_MS = 120_000;

/** A program under test, in a process of its own, and what it said when it was ready. */
export interface Program<Said> {
  pid: number;
  said: Said;
  stop(): Promise<void>;
}

/**
 * The servers that everything measured shares: Temporal and PostgreSQL as `npm start` has them, on files
 * of their own, and the stand-ins for the outside. All are gone after `stop`.
 */
export async function startServers() {
  const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-bench-'));
  const log = (line: string) => console.error(line);
  const temporalBinary = await findOrBuildTemporal({ log });
  const stops: (() => Promise<void>)[] = [async () => rmSync(dataDir, { recursive: true, force: true })];
  const stop = async () => {
    for (const one of stops.splice(0).toReversed()) await one();
  };
  try {
    const stack = await startInfrastructure({ dataDir, temporalBinary, log });
    stops.push(stack.stop);
    const sandbox = await startSandboxProcess({
      dataDir: join(dataDir, 'sandbox'),
      registry: stack.registry,
    });
    stops.push(sandbox.stop);
    const known = JSON.parse(readFileSync(join(dataDir, 'children.json'), 'utf8')) as {
      name: string;
      pid: number;
    }[];
    const pidOf = (name: string) => {
      const pid = known.find((child) => child.name === name)?.pid;
      if (pid === undefined) throw new Error(`${name} is not among the servers that were started.`);
      return pid;
    };
    const outside = createSandboxClient(sandbox.urls.control);
    // Two requests a second are a portal's, and would measure nothing else.
    await outside.bitrix.limit(null);
    return {
      ...stack,
      dataDir,
      urls: sandbox.urls,
      outside,
      pids: { temporal: pidOf('Temporal'), postgres: pidOf('PostgreSQL'), sandbox: pidOf('Sandbox') },
      /** A file with the bundle of these workflows, made here: no program under test holds a bundler. */
      async bundle(workflows: string): Promise<string> {
        const path = join(dataDir, `${workflows.replaceAll('/', '-')}.js`);
        writeFileSync(path, (await bundleWorkflows(join(ROOT, 'bench', workflows))).code);
        return path;
      },
      /** Starts a TypeScript program of this folder, which says one line of JSON when it is ready. */
      async program<Said>(file: string, env: Record<string, string>): Promise<Program<Said>> {
        const { child, said } = await startProgram<Said>(file, env, stack.registry);
        stops.push(child.stop);
        return { pid: child.pid, said, stop: child.stop };
      },
      stop,
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

export type Servers = Awaited<ReturnType<typeof startServers>>;

async function startProgram<Said>(
  file: string,
  env: Record<string, string>,
  registry: Parameters<typeof startChild>[0]['registry'],
): Promise<{ child: Child; said: Said }> {
  let hear: (said: Said) => void = () => undefined;
  const ready = new Promise<Said>((resolve) => {
    hear = resolve;
  });
  const child = await startChild({
    name: file,
    command: process.execPath,
    args: ['--import', 'tsx', join('bench', file)],
    cwd: ROOT,
    env: { PATH: process.env.PATH, ...env },
    registry,
    onLine(line) {
      if (line.startsWith('{"ready"')) hear((JSON.parse(line) as { ready: Said }).ready);
      else if (process.env.BENCH_LOG) console.error(line);
    },
  });
  const failed = child.exited.then(() => {
    throw new Error(`${file} ended: ${child.lastLines().slice(-8).join(' | ')}`);
  });
  const late = new AbortController();
  try {
    return { child, said: await Promise.race([ready, failed, untilLate(late.signal, file)]) };
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    late.abort();
    // After this its end is no news.
    failed.catch(() => undefined);
  }
}

function untilLate(signal: AbortSignal, what: string): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error(`${what} was not ready in time.`)), START_MS);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
