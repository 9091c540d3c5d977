import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ExpectedError } from '../lib/expected.mjs';
import { withLock } from '../lib/lock.mjs';
import { run } from '../lib/run.mjs';
import { cacheRoot } from '../temporal/cache.mjs';

const REQUIREMENTS = fileURLToPath(new URL('./requirements.txt', import.meta.url));

/** The `schemathesis` program in a virtual environment of its own, kept outside the repository. */
export async function findOrInstallSchemathesis({ log }) {
  const wanted = readFileSync(REQUIREMENTS);
  const key = createHash('sha256').update(wanted).digest('hex').slice(0, 12);
  const folder = join(cacheRoot(process.env), `schemathesis-${key}`);
  const program = join(folder, 'bin', 'schemathesis');
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return program;
  mkdirSync(cacheRoot(process.env), { recursive: true });
  await withLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(complete)) return;
      rmSync(folder, { recursive: true, force: true });
      log('Installing schemathesis…');
      const python = findPython();
      await must(python, ['-m', 'venv', folder], 'Install the package python3-venv.');
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', REQUIREMENTS];
      await must(join(folder, 'bin', 'python'), pip, 'Is there a way to the Python package index?');
      writeFileSync(complete, '');
    },
    () => log('Another process is installing schemathesis; waiting for it.'),
  );
  return program;
}

function findPython() {
  for (const name of ['python3', 'python']) {
    try {
      execFileSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'], { stdio: 'ignore' });
      return name;
    } catch {
      // Not this one.
    }
  }
  throw new ExpectedError('Python 3.10 or newer is needed to check the API description.');
}

async function must(command, args, advice) {
  const code = await run(command, args);
  if (code !== 0) throw new ExpectedError(`${command} ${args.join(' ')} failed (${code}). ${advice}`);
}
