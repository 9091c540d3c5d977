import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { ExpectedError } from '../lib/expected.mjs';
import { withLock } from '../lib/lock.mjs';
import { buildTemporal, findGo } from './build.mjs';
import { cacheFolder } from './cache.mjs';
import { downloadTemporal } from './download.mjs';
import { isNewEnough, LEAST_SERVER, serverVersion } from './version.mjs';

/**
 * Path of a `temporal` program that is new enough: TEMPORAL_CLI_PATH, then one on PATH, a cached copy,
 * the SDK's download, a build from source. Fails with the choices a person has when none of these works.
 * `log` takes lines, `progress` (optional) a line that replaces the one before.
 */
export async function findOrBuildTemporal({ log, progress = log, env = process.env }) {
  if (env.TEMPORAL_CLI_PATH) return checkChosen(env.TEMPORAL_CLI_PATH);
  const onPath = await searchPath(env, log);
  if (onPath) return onPath;

  const folder = cacheFolder(env);
  const cached = join(folder, 'temporal');
  if (await works(cached)) return cached;
  const reporter = { log, progress };
  const onWait = () => progress('Another process is getting Temporal; waiting for it…');
  return withLock(
    `${folder}.lock`,
    async () => {
      if (await works(cached)) return cached;
      if (await downloadTemporal(cached, reporter)) return cached;
      const go = await findGo(env);
      if (go === undefined) throw new ExpectedError(noWay());
      await buildTemporal(go, cached, env, reporter);
      return cached;
    },
    onWait,
  );
}

/** What a person names is used or refused, never silently replaced. */
async function checkChosen(path) {
  const version = existsSync(path) ? await serverVersion(path) : undefined;
  if (version === undefined) {
    throw new ExpectedError(`TEMPORAL_CLI_PATH names ${path}, which is not a working temporal program.`);
  }
  if (!isNewEnough(version)) {
    throw new ExpectedError(
      `TEMPORAL_CLI_PATH names a Temporal with server ${version}; ${LEAST_SERVER} or newer is needed.`,
    );
  }
  return path;
}

async function searchPath(env, log) {
  for (const folder of (env.PATH ?? '').split(delimiter).filter(isAbsolute)) {
    const path = join(folder, 'temporal');
    if (!isProgram(path)) continue;
    const version = await serverVersion(path);
    if (version !== undefined && isNewEnough(version)) return path;
    const reason = version
      ? `server ${version} is older than ${LEAST_SERVER}`
      : 'it does not tell its version';
    log(`Passing over ${path}: ${reason}.`);
  }
  return undefined;
}

async function works(path) {
  if (!isProgram(path)) return false;
  const version = await serverVersion(path);
  return version !== undefined && isNewEnough(version);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // Absent, or not for us: both mean the next one.
    return false;
  }
}

function noWay() {
  return [
    'There is no Temporal server to run: none on PATH, no download, and no Go to build one with. Any of these helps:',
    '  - install the Temporal CLI 1.5 or newer (https://docs.temporal.io/cli), so that "temporal" is on PATH;',
    '  - name one with TEMPORAL_CLI_PATH=/path/to/temporal;',
    '  - let this machine reach https://temporal.download;',
    '  - install Go 1.21 or newer (https://go.dev/dl) and start again: it is then built, in 5 to 10 minutes.',
  ].join('\n');
}
