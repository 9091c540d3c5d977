import { type ChildProcess, spawn } from 'node:child_process';
import { processIdentity } from './process.ts';
import { type ChildRegistry, signalGroup } from './registry.ts';

export interface ChildOptions {
  name: string;
  command: string;
  args: string[];
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  /** Runs the child as another user; only root can. */
  uid?: number;
  gid?: number;
  /** Asked politely with this signal first. Default SIGTERM. */
  stopSignal?: 'SIGTERM' | 'SIGINT';
  /** After this long a stopping child is killed. Default 10 s. */
  graceMs?: number;
  registry?: ChildRegistry;
  /** Hears every line it writes, as it comes. */
  onLine?: (line: string) => void;
}

export interface ChildExit {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/** A child in a process group of its own: a Ctrl-C at the terminal does not reach it, `stop` does. */
export interface Child {
  readonly pid: number;
  /** Settles once, when the process has ended; never rejects. */
  readonly exited: Promise<ChildExit>;
  readonly running: boolean;
  /** The last lines it wrote, for error messages. */
  lastLines(): string[];
  /** Ends the whole group: the stop signal, then SIGKILL. Safe to call twice, and after the end. */
  stop(): Promise<void>;
}

/**
 * Starts a child and sees to its end: by `stop`, when this process exits, and, through a guard that
 * waits at the other end of a pipe, even when this process is killed with SIGKILL.
 * Rejects if the program cannot be started.
 */
export async function startChild(options: ChildOptions): Promise<Child> {
  const stopSignal = options.stopSignal ?? 'SIGTERM';
  const child = spawn(options.command, options.args, {
    cwd: options.cwd,
    env: options.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.gid }),
  });
  const tail = keepTail(child, options.onLine);
  const exited = new Promise<ChildExit>((resolve) => {
    child.once('exit', (code, signal) => {
      // Its last words are read before the end is told; a helper that keeps the pipe open is not waited for.
      const flushed = setTimeout(resolve, 300, { code, signal });
      child.once('close', () => {
        clearTimeout(flushed);
        resolve({ code, signal });
      });
    });
  });
  await new Promise<void>((resolve, reject) => {
    child.once('spawn', resolve);
    child.once('error', (cause) => reject(new Error(`Cannot start ${options.name}.`, { cause })));
  });
  const pid = child.pid;
  if (pid === undefined) throw new Error(`Cannot start ${options.name}: it has no process id.`);

  let running = true;
  const identity = processIdentity(pid);
  if (identity !== undefined) options.registry?.add({ name: options.name, pid, identity, stopSignal });
  const guard = startGuard(pid, stopSignal);
  const killNow = () => {
    if (running) signalGroup(pid, 'SIGKILL');
  };
  process.on('exit', killNow);
  child.once('exit', () => {
    running = false;
    process.off('exit', killNow);
    // The leader is gone; helpers of its group may still run.
    signalGroup(pid, 'SIGKILL');
    guard.kill('SIGKILL');
    options.registry?.remove(pid);
  });

  const end = async (): Promise<void> => {
    if (running) signalGroup(pid, stopSignal);
    const late = setTimeout(killNow, options.graceMs ?? 10_000);
    await exited;
    clearTimeout(late);
  };
  let stopping: Promise<void> | undefined;
  return {
    pid,
    exited,
    get running() {
      return running;
    },
    lastLines: tail,
    stop() {
      stopping ??= end();
      return stopping;
    },
  };
}

/**
 * A shell that sleeps on a pipe from this process. The pipe closes however this process ends; only if
 * the child still lives then does the guard act, since a child that ends first takes its guard along.
 */
function startGuard(pid: number, stopSignal: NodeJS.Signals): ChildProcess {
  const script = [
    'read -r _',
    'kill -"$1" "-$2" || exit 0',
    'n=0; while [ "$n" -lt 8 ] && kill -0 "-$2"; do sleep 1; n=$((n+1)); done',
    'kill -KILL "-$2"',
  ].join('\n');
  const guard = spawn('/bin/sh', ['-c', script, 'dirigent-guard', stopSignal.slice(3), String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { PATH: '/bin:/usr/bin' },
  });
  // Without a shell there is no guard, and the next start cleans up instead.
  guard.on('error', () => undefined);
  guard.stdin?.on('error', () => undefined);
  guard.unref();
  const pipe = guard.stdin;
  if (pipe !== null && 'unref' in pipe && typeof pipe.unref === 'function') pipe.unref();
  return guard;
}

function keepTail(child: ChildProcess, onLine?: (line: string) => void, most = 30): () => string[] {
  const lines: string[] = [];
  for (const stream of [child.stdout, child.stderr]) {
    let rest = '';
    stream?.setEncoding('utf8');
    stream?.on('data', (text: string) => {
      const parts = (rest + text).split('\n');
      rest = (parts.pop() ?? '').slice(-4000);
      for (const line of parts.filter((part) => part.trim() !== '')) {
        lines.push(line);
        onLine?.(line);
      }
      lines.splice(0, Math.max(0, lines.length - most));
    });
    stream?.on('end', () => {
      if (rest.trim() === '') return;
      lines.push(rest);
      onLine?.(rest);
    });
  }
  return () => lines.slice(-most);
}
