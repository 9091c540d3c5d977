import { parseArgs } from 'node:util';
import { describeSettings } from '../config/describe.ts';
import { SettingsError } from '../config/fault.ts';
import { loadSettingsFromDisk } from '../config/load.ts';
import { createLogger } from '../config/logger.ts';
import { buildInfo } from '../config/version.ts';
import { ROLES, type Role, startApp } from './app.ts';
import { installRuntime } from './sdk-runtime.ts';

const USAGE = `Usage: npm run serve -- [--role api|worker|projector|all]
Settings come from the environment and config.yaml; see config.example.yaml.`;

/** The production form: one process with one or all roles, until a signal or a crash. */
async function main(): Promise<number> {
  const roles = parseRoles(process.argv.slice(2));
  if (roles === undefined) {
    console.error(USAGE);
    return 2;
  }
  const settings = loadSettingsFromDisk();
  const build = buildInfo({ allowDev: false });
  const log = createLogger({
    level: settings.logLevel,
    bindings: { role: roles.join(','), version: build.version },
  });
  installRuntime(log);
  log.info({ build, settings: describeSettings(settings) }, 'Starting.');

  const signalled = new Promise<NodeJS.Signals>((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.once(signal, resolve);
  });
  const app = await startApp({ settings, build, log, roles });
  log.info({ url: app.url }, 'Serving.');
  try {
    const signal = await Promise.race([signalled, app.ended]);
    log.info({ signal }, 'Draining.');
    await app.stop();
    return 0;
  } catch (error) {
    log.fatal({ err: error }, 'A part of this process failed.');
    await app.stop();
    return 1;
  }
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

try {
  process.exitCode = await main();
} catch (error) {
  console.error(error instanceof SettingsError ? error.message : error);
  process.exitCode = 1;
}
