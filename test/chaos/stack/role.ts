import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type Child, startChild } from '../../../workers/embedded/children.ts';
import { signalGroup } from '../../../workers/embedded/registry.ts';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const START_MS = 120_000;

export interface RoleOptions {
  role: 'api' | 'worker' | 'projector';
  env: Record<string, string>;
  /** Text of config.yaml. */
  yaml: string;
  folder: string;
  port: number;
}

/** One role of the product, as production runs it: a process of its own that can be killed. */
export class RoleProcess {
  readonly #options: RoleOptions;
  #child: Child | undefined;

  constructor(options: RoleOptions) {
    this.#options = options;
  }

  /** Settings that the next start takes. */
  configure(yaml: string): void {
    this.#options.yaml = yaml;
  }

  async start(): Promise<void> {
    const { role, env, yaml, folder, port } = this.#options;
    mkdirSync(folder, { recursive: true });
    const config = join(folder, `${role}.yaml`);
    writeFileSync(config, yaml);
    this.#child = await startChild({
      name: role,
      command: process.execPath,
      args: ['--import', 'tsx', 'workers/main.ts', '--role', role],
      cwd: ROOT,
      env: { PATH: process.env.PATH, ...env, PORT: String(port), CONFIG_FILE: config },
      onLine: (line) => env.CHAOS_LOG === '1' && console.error(`${role}: ${line}`),
    });
    await this.#ready(`http://127.0.0.1:${port}/ready`);
  }

  /** Resolves when it is dead. */
  async kill(): Promise<void> {
    const child = this.#child;
    if (!child) return;
    signalGroup(child.pid, 'SIGKILL');
    await child.exited;
  }

  stop = async (): Promise<void> => this.#child?.stop();

  /** True when it has ended although nobody killed it. */
  get lost(): boolean {
    return this.#child !== undefined && !this.#child.running;
  }

  async #ready(url: string): Promise<void> {
    const until = Date.now() + START_MS;
    for (;;) {
      const answer = await fetch(url).catch(() => undefined);
      if (answer?.ok) return;
      if (!this.#child?.running || Date.now() > until) {
        const words = this.#child?.lastLines().slice(-8).join('\n');
        throw new Error(`The ${this.#options.role} does not become ready:\n${words}`);
      }
      await sleep(50);
    }
  }
}
