import { fileURLToPath } from 'node:url';
import type { SandboxUrls } from '../../sandbox/client.ts';
import { type Child, startChild } from './children.ts';
import { freePort } from './ports.ts';
import type { ChildRegistry } from './registry.ts';

export interface SandboxOptions {
  /** Keeps chats and the CRM over a restart. */
  dataDir: string;
  registry?: ChildRegistry;
  onLost?: (reason: Error) => void;
}

export interface RunningSandbox {
  urls: SandboxUrls;
  stop(): Promise<void>;
}

const START_MS = 30_000;
const ROOT = fileURLToPath(new URL('../..', import.meta.url));

/** Starts the stand-ins for Telegram, the models and the CRM in a process of their own. */
export async function startSandboxProcess(options: SandboxOptions): Promise<RunningSandbox> {
  let hear: (urls: SandboxUrls) => void = () => undefined;
  const listening = new Promise<SandboxUrls>((resolve) => {
    hear = resolve;
  });
  const child = await startChild({
    name: 'Sandbox',
    command: process.execPath,
    args: ['--import', 'tsx', 'sandbox/main.ts'],
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      SANDBOX_DATA_DIR: options.dataDir,
      // The same address after a restart, where it is free: people keep links to it.
      SANDBOX_CONTROL_PORT: String(await freePort(8799)),
    },
    registry: options.registry,
    onLine(line) {
      const urls = readUrls(line);
      if (urls !== undefined) hear(urls);
    },
  });
  const deadline = new AbortController();
  try {
    const urls = await Promise.race([listening, failed(child), late(deadline.signal)]);
    let stopping = false;
    void child.exited.then(() => {
      if (!stopping)
        options.onLost?.(new Error(`The sandbox ended by itself: ${child.lastLines().join(' | ')}`));
    });
    return {
      urls,
      stop() {
        stopping = true;
        return child.stop();
      },
    };
  } catch (error) {
    await child.stop();
    throw error;
  } finally {
    deadline.abort();
  }
}

function readUrls(line: string): SandboxUrls | undefined {
  if (!line.startsWith('{"urls"')) return undefined;
  const said: { urls: SandboxUrls } = JSON.parse(line);
  return said.urls;
}

async function failed(child: Child): Promise<never> {
  await child.exited;
  throw new Error(`The sandbox does not start: ${child.lastLines().slice(-6).join(' | ')}`);
}

function late(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const timer = setTimeout(() => reject(new Error('The sandbox does not start in time.')), START_MS);
    signal.addEventListener('abort', () => clearTimeout(timer));
  });
}
