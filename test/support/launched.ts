import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { createSandboxClient } from '../../sandbox/client.ts';
import { isAlive, processIdentity } from '../../workers/embedded/process.ts';
import { readRegistry, signalGroup } from '../../workers/embedded/registry.ts';
import { eventually } from './eventually.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const PATIENCE_MS = 100_000;

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const { pid } of running) if (pid !== undefined) signalGroup(pid, 'SIGKILL');
});

/** `npm start` as a person has it who has no terminal: a process group of its own, addresses on its output. */
export function launch(dataDir: string, ...args: string[]) {
  const child = spawn(process.execPath, ['scripts/start.mjs', ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      TEMPORAL_CLI_PATH: inject('temporalBinary'),
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      running.delete(child);
      resolve({ code, signal });
    });
  });
  const says = (pattern: RegExp) =>
    eventually(
      `${pattern} on its output`,
      async () => {
        const found = pattern.exec(text)?.slice(1);
        if (!found && child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${text}`);
        return found;
      },
      PATIENCE_MS,
    );

  return {
    exited,
    output: () => text,
    says,
    /** Waits for the addresses that it prints. */
    async addresses() {
      const [ui = ''] = await says(/Temporal UI\s+(http\S+)/);
      const [api = '', token = ''] = await says(/API docs\s+(http\S+)\/docs\s+\(token: (\S+)\)/);
      const [control = ''] = await says(/Sandbox\s+(http\S+)/);
      const get = (path: string) => fetch(`${api}${path}`, { headers: { authorization: `Bearer ${token}` } });
      return { ui, api, get, outside: createSandboxClient(control) };
    },
    /** To the whole group, as a Ctrl-C at the terminal goes. */
    signal: (signal: NodeJS.Signals) => void signalGroup(child.pid ?? 0, signal),
    /** All that belongs to it now; `left` names those of them that still run. */
    processes() {
      const known = [
        ...readRegistry(join(dataDir, 'children.json')).map(({ name, pid }) => ({ name, pid })),
        ...onFolder(dataDir).map((pid) => ({ name: 'process on the folder', pid })),
        { name: 'launcher', pid: child.pid ?? 0 },
      ].map((one) => ({ ...one, identity: processIdentity(one.pid) ?? '' }));
      return {
        names: known.map(({ name }) => name),
        left: () => [
          ...known.filter(({ pid, identity }) => isAlive(pid, identity)),
          ...onFolder(dataDir).map((pid) => ({ name: 'process on the folder', pid })),
        ],
      };
    },
  };
}

/** Processes with the folder in their arguments or environment, where the system tells. */
function onFolder(folder: string): number[] {
  const tells = (path: string) => {
    try {
      return readFileSync(path, 'utf8').includes(folder);
    } catch {
      // It ended meanwhile, or is not ours; on systems without /proc nothing is listed at all.
      return false;
    }
  };
  try {
    return readdirSync('/proc')
      .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
      .filter((pid) => tells(`/proc/${pid}/cmdline`) || tells(`/proc/${pid}/environ`))
      .map(Number);
  } catch {
    return [];
  }
}
