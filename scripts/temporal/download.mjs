import { chmodSync, mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../lib/run.mjs';
import { CLI_VERSION } from './cache.mjs';
import { isNewEnough, serverVersion } from './version.mjs';

const STALLED_MS = 10_000;

const SCRIPT = fileURLToPath(new URL('./sdk-download.mjs', import.meta.url));

/**
 * Lets Temporal's SDK download its server to `target`. Returns false, within 10 s of the last byte, when
 * there is no way to it: that is normal on a machine without internet. No checksums are published where it
 * comes from: the connection (TLS) is what vouches for the file.
 */
export async function downloadTemporal(target, { log, progress }) {
  mkdirSync(dirname(target), { recursive: true });
  const folder = mkdtempSync(`${target}.download-`);
  const timer = new AbortController();
  const stall = watch(folder, timer, progress);
  try {
    log('Looking for a Temporal release to download…');
    await run(process.execPath, [SCRIPT, folder, CLI_VERSION], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      onLine: () => {},
      signal: timer.signal,
      killSignal: 'SIGKILL',
    }).catch((error) => {
      if (error.name !== 'AbortError') throw error;
    });
    const file = largest(folder);
    if (file === undefined) {
      log('Nothing could be downloaded from temporal.download.');
      return false;
    }
    chmodSync(file, 0o755);
    const version = await serverVersion(file);
    if (version === undefined || !isNewEnough(version)) return false;
    renameSync(file, target);
    log(`Temporal ${CLI_VERSION} downloaded.`);
    return true;
  } finally {
    clearInterval(stall);
    rmSync(folder, { recursive: true, force: true });
  }
}

function watch(folder, timer, progress) {
  let size = 0;
  let since = Date.now();
  return setInterval(() => {
    const file = largest(folder);
    const now = file === undefined ? 0 : statSync(file).size;
    if (now > size) {
      size = now;
      since = Date.now();
      progress(`Downloading Temporal… ${Math.round(size / 1e6)} MB`);
    } else if (Date.now() - since > STALLED_MS) timer.abort();
  }, 500);
}

function largest(folder) {
  const files = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(folder, entry.name));
  return files.sort((a, b) => statSync(b).size - statSync(a).size)[0];
}
