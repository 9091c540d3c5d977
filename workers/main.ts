import { parseArgs } from 'node:util';
import { describeSettings } from '../config/describe.ts';
import { loadSettingsFromDisk } from '../config/load.ts';
import { createLogger, type Logger } from '../config/logger.ts';
import type { Settings } from '../config/settings.ts';
import { type BuildInfo, buildInfo } from '../config/version.ts';
import { ROLES, type Role, startApp } from './app.ts';
import { stepBehind } from './priority.ts';
import { installRuntime } from './sdk-runtime.ts';

const USAGE = `Usage: npm run serve -- [--role api|worker|projector|all]
Settings come from the environment and config.yaml; see config.example.yaml.`;
/** Longer than all that drains: requests 5 s, activities 10 s and another 10 s for those that ignore it. */
const DRAIN_MS = 45_000;

/** The production form: one process with one or all roles, until a signal (exit code 0) or a crash (1). */
async function main(): Promise<number> {
  const roles = parseRoles(process.argv.slice(2));
  if (roles === undefined) return refuse(USAGE, 2);
  let settings: Settings;
  let build: BuildInfo;
  try {
    settings = loadSettingsFromDisk();
    build = buildInfo({ allowDev: false });
  } catch (error) {
    // Said to whoever configures it, who has no use for a stack.
    return refuse(error instanceof Error ? error.message : String(error), 1);
  }
  const log = createLogger({
    level: settings.logLevel,
    bindings: { role: roles.join(','), version: build.version },
  });
  for (const event of ['uncaughtException', 'unhandledRejection'] as const) {
    process.on(event, (error: unknown) => {
      log.fatal(
        { err: error },
        'An error that nobody handled. The process ends; everything it did is durable.',
      );
      process.exit(1);
    });
  }
  stepBehind(roles);
  installRuntime(log);
  log.info({ build, settings: describeSettings(settings) }, 'Starting.');
  return run({ settings, build, log, roles });
}

async function run(parts: { settings: Settings; build: BuildInfo; log: Logger; roles: readonly Role[] }) {
  const { log } = parts;
  const leaving = new AbortController();
  const left = new Promise<void>((resolve) => leaving.signal.addEventListener('abort', () => resolve()));
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.on(signal, () => {
      // Whoever asks twice does not want to wait.
      if (leaving.signal.aborted) process.exit(1);
      log.info({ signal }, 'Draining.');
      leaving.abort();
      setTimeout(() => {
        log.error('Draining takes too long; what is left goes on elsewhere.');
        process.exit(1);
      }, DRAIN_MS).unref();
    });
  }
  try {
    const app = await startApp({ ...parts, probes: true, signal: leaving.signal });
    log.info({ url: app.url }, 'Serving.');
    try {
      await Promise.race([left, app.ended]);
    } finally {
      await app.stop();
    }
    log.info('Stopped.');
    return 0;
  } catch (error) {
    if (leaving.signal.aborted) {
      log.warn({ err: error }, 'Stopped, not in order.');
      return 0;
    }
    log.fatal({ err: error }, 'A part of this process failed.');
    return 1;
  }
}

function refuse(message: string, code: number): number {
  console.error(message);
  return code;
}

function parseRoles(args: string[]): readonly Role[] | undefined {
  try {
    const { values } = parseArgs({ args, options: { role: { type: 'string', default: 'all' } } });
    if (values.role === 'all') return ROLES;
    return ROLES.filter((role) => role === values.role).length === 1 ? [values.role as Role] : undefined;
  } catch {
    return undefined;
  }
}

process.exit(await main());
