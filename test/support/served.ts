import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { inject } from 'vitest';
import { eventually } from './eventually.ts';
import { freePort } from './ports.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

export interface ServeOptions {
  env: Record<string, string>;
  /** Text of config.yaml. */
  yaml?: string;
  args?: string[];
}

export interface Readiness {
  status: 'ready' | 'not_ready';
  checks: { name: string; ok: boolean; reason?: string }[];
}

export interface Served {
  pid: number;
  url: string;
  /** Lines of its log, parsed; other output as `{ text }`. */
  lines: Record<string, unknown>[];
  output(): string;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  kill(signal: NodeJS.Signals): void;
  /** Its answer to /ready; undefined while nobody listens. */
  readiness(): Promise<{ status: number; body: Readiness } | undefined>;
  ready(patienceMs?: number): Promise<void>;
  logged(message: RegExp): Promise<Record<string, unknown>>;
}

const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** `npm run serve` as a process of its own, on a free port. */
export async function serve({ env, yaml, args = [] }: ServeOptions): Promise<Served> {
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-serve-'));
  const configFile = join(folder, 'config.yaml');
  writeFileSync(configFile, yaml ?? '');
  const port = env.PORT ?? String(await freePort());
  const child = spawn(process.execPath, ['--import', 'tsx', 'workers/main.ts', ...args], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      LOG_LEVEL: 'info',
      // Of the whole run, so that the workflows are bundled once.
      DATA_DIR: dirname(inject('workflowBundle')),
      ...env,
      PORT: port,
      CONFIG_FILE: configFile,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  running.add(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (part: string) => {
      text += part;
    });
  }
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('close', (code, signal) => {
      running.delete(child);
      rmSync(folder, { recursive: true, force: true });
      resolve({ code, signal });
    });
  });
  const url = `http://127.0.0.1:${port}`;
  const parsed = () => text.split('\n').filter(Boolean).map(parseLine);

  async function readiness() {
    try {
      const answer = await fetch(`${url}/ready`);
      return { status: answer.status, body: (await answer.json()) as Readiness };
    } catch {
      return undefined;
    }
  }

  return {
    pid: child.pid ?? 0,
    url,
    get lines() {
      return parsed();
    },
    output: () => text,
    exited,
    kill: (signal) => void child.kill(signal),
    readiness,
    async ready(patienceMs = 90_000) {
      await eventually(
        'the process to be ready',
        async () => {
          if (child.exitCode !== null) throw new Error(`It ended with ${child.exitCode}: ${text}`);
          return (await readiness())?.status === 200;
        },
        patienceMs,
      );
    },
    logged: (message) =>
      eventually(`a line ${message}`, async () =>
        parsed().find((line) => message.test(String(line.message))),
      ),
  };
}

function parseLine(line: string): Record<string, unknown> {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return { text: line };
  }
}
