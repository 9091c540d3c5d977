import { fileURLToPath } from 'node:url';
import { findOrBuildTemporal } from '../temporal/binary.mjs';
import { ExpectedError } from './expected.mjs';
import { ensureInstalled } from './install.mjs';
import { createReporter } from './report.mjs';
import { run } from './run.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const FLAGS = {
  '--once':
    'play the scripted conversation, print transcript and run table, and exit 0 only if all of it held',
  '--fresh': 'begin with an empty data folder',
  '--watch': 'start the product anew whenever a source file changes (npm run dev)',
  '--serve-only': 'no chat in the terminal, only the services',
  '--help': 'this text',
};

/** `npm start`: set-up, then the product in the foreground. Returns the exit code. */
export async function start(args) {
  const unknown = args.filter((arg) => !Object.hasOwn(FLAGS, arg));
  if (unknown.length > 0) {
    throw new ExpectedError(
      `Unknown flag ${unknown.join(', ')}. There are: ${Object.keys(FLAGS).join(', ')}.`,
    );
  }
  if (args.includes('--help')) {
    const lines = Object.entries(FLAGS).map(([flag, text]) => `  ${flag.padEnd(14)}${text}`);
    console.log(`npm start -- [flags]\n\n${lines.join('\n')}\n`);
    return 0;
  }
  const env = await prepare();
  return run(
    process.execPath,
    ['--import', 'tsx', 'workers/embedded/main.ts', `--launcher=${process.pid}`, ...args],
    {
      cwd: ROOT,
      env,
    },
  );
}

/** `npm test`: the same set-up, then vitest with the given arguments. Returns the exit code. */
export async function test(args) {
  const env = await prepare();
  return run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', ...args], { cwd: ROOT, env });
}

/** Packages and the Temporal program; returns the environment that names it. */
export async function prepare() {
  if (process.platform === 'win32') {
    throw new ExpectedError('On Windows, run Dirigent inside WSL: it needs process groups and signals.');
  }
  const report = createReporter();
  await ensureInstalled(ROOT, report);
  return { ...process.env, TEMPORAL_CLI_PATH: await findOrBuildTemporal(report) };
}
