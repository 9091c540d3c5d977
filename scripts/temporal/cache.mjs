import { createHash } from 'node:crypto';
import { accessSync, constants, mkdirSync, readFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { isAbsolute, join } from 'node:path';

/** The release that is downloaded, and that go.mod beside this file builds. */
export const CLI_VERSION = '1.9.1';

/**
 * Folder of the kept program, outside the repository so that a fresh clone finds it. Its name changes
 * with the release and with every module that goes into a build.
 */
export function cacheFolder(env) {
  const sums = readFileSync(new URL('./go.sum', import.meta.url));
  const key = createHash('sha256').update(sums).digest('hex').slice(0, 12);
  return join(cacheRoot(env), `temporal-${CLI_VERSION}-${key}`);
}

/** Folder for what is kept between runs and clones. */
export function cacheRoot(env) {
  const named = env.XDG_CACHE_HOME && isAbsolute(env.XDG_CACHE_HOME) ? env.XDG_CACHE_HOME : undefined;
  const home = env.HOME && isAbsolute(env.HOME) ? env.HOME : homedir();
  const wanted = join(named ?? join(home, '.cache'), 'dirigent');
  if (isWritable(wanted)) return wanted;
  // System users often have no home folder.
  return join(tmpdir(), `dirigent-cache-${userInfo().uid}`);
}

function isWritable(folder) {
  try {
    mkdirSync(folder, { recursive: true });
    accessSync(folder, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}
