import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { cacheRoot } from '../temporal/cache.mjs';
import { ExpectedError } from './expected.mjs';
import { withLock } from './lock.mjs';
import { run } from './run.mjs';

/**
 * Folder of a virtual environment that holds what `requirements` (a file, with those it includes by `-r`) names.
 * Kept outside the repository under a name that changes with them, so that a fresh clone finds it. `purpose` ends
 * the sentence "Python 3.10 or newer is needed …".
 */
export async function virtualEnvironment({ name, requirements, purpose, log, options = [] }) {
  const digest = createHash('sha256').update([...contents(requirements), ...options].join('\0'));
  const folder = join(cacheRoot(process.env), `${name}-${digest.digest('hex').slice(0, 12)}`);
  const complete = join(folder, 'complete');
  if (existsSync(complete)) return folder;
  mkdirSync(dirname(folder), { recursive: true });
  await withLock(
    `${folder}.lock`,
    async () => {
      if (existsSync(complete)) return;
      rmSync(folder, { recursive: true, force: true });
      log(`Installing ${name}…`);
      await must(findPython(purpose), ['-m', 'venv', folder], 'Install the package python3-venv.');
      const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...options];
      const program = join(folder, 'bin', 'python');
      await must(program, [...pip, '-r', requirements], 'Is there a way to the Python package index?');
      writeFileSync(complete, '');
    },
    () => log(`Another process is installing ${name}; waiting for it.`),
  );
  return folder;
}

function contents(file) {
  const text = readFileSync(file, 'utf8');
  const included = [...text.matchAll(/^-r\s+(\S+)/gm)].flatMap(([, other]) =>
    contents(resolve(dirname(file), other)),
  );
  return [text, ...included];
}

function findPython(purpose) {
  for (const name of ['python3', 'python']) {
    try {
      execFileSync(name, ['-c', 'import sys; sys.exit(sys.version_info < (3, 10))'], { stdio: 'ignore' });
      return name;
    } catch {
      // Not this one.
    }
  }
  throw new ExpectedError(`Python 3.10 or newer is needed ${purpose}.`);
}

async function must(command, args, advice) {
  const code = await run(command, args);
  if (code !== 0) throw new ExpectedError(`${command} ${args.join(' ')} failed (${code}). ${advice}`);
}
