import { existsSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExpectedError } from './expected.mjs';
import { createReporter } from './report.mjs';
import { run } from './run.mjs';
import { virtualEnvironment } from './venv.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const FOLDER = join(ROOT, 'services');
const WHEELS_ONLY = ['--only-binary=:all:'];

/**
 * `npm run services -- [test] [name …]`: starts the services named, or all of them, in the foreground, each with its
 * packages and a data folder; with `test`, runs their tests one after the other. A service is a folder under
 * `services/` that runs as `python -m <name>` and lists what it needs in `requirements.txt`. Returns the exit code:
 * the first that is not 0.
 */
export async function services(args) {
  const report = createReporter();
  const [testing, named] = args[0] === 'test' ? [true, args.slice(1)] : [false, args];
  const chosen = known(named);
  const environments = [];
  for (const name of chosen) environments.push(await environment(name, testing, report));
  if (!testing) return together(chosen.map((name, index) => serve(name, environments[index])));
  for (const [index, name] of chosen.entries()) {
    const code = await run(python(environments[index]), ['-m', 'pytest', '-q'], { cwd: join(FOLDER, name) });
    if (code !== 0) return code;
  }
  return 0;
}

function known(named) {
  const all = readdirSync(FOLDER).filter((name) => existsSync(join(FOLDER, name, 'requirements.txt')));
  const unknown = named.filter((name) => !all.includes(name));
  if (unknown.length === 0) return named.length > 0 ? named : all;
  throw new ExpectedError(`There is no service ${unknown.join(', ')}. There are: ${all.join(', ')}.`);
}

function environment(name, testing, { log }) {
  const files = testing ? ['requirements-test.txt'] : ['requirements-bundled.txt', 'requirements.txt'];
  const requirements = files.map((file) => join(FOLDER, name, file)).find((file) => existsSync(file));
  return virtualEnvironment({
    name: `service-${name}`,
    requirements,
    purpose: `for services/${name}`,
    log,
    options: WHEELS_ONLY,
  });
}

function serve(name, folder) {
  const data = join(ROOT, '.data', 'services', name);
  mkdirSync(data, { recursive: true });
  return run(python(folder), ['-m', name], {
    cwd: join(FOLDER, name),
    env: { [`${name.toUpperCase()}_DATA_DIR`]: data, ...process.env },
    onLine: (line) => console.log(`[${name}] ${line}`),
  });
}

/** One that ends is told by its own lines; the others go on until a signal ends them all. */
async function together(running) {
  const codes = await Promise.all(running);
  return codes.find((code) => code !== 0) ?? 0;
}

const python = (folder) => join(folder, 'bin', 'python');
