import { mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const STALE_MS = 30_000;

/**
 * Runs `work` while no other process holds `file`; waits for one that does. A holder that died, or has
 * not shown life for 30 s, is passed over.
 */
export async function withLock(file, work, onWait = () => {}) {
  mkdirSync(dirname(file), { recursive: true });
  while (!claim(file)) {
    if (isStale(file)) rmSync(file, { force: true });
    else {
      onWait();
      await sleep(1000);
    }
  }
  const alive = setInterval(() => {
    const now = new Date();
    utimesSync(file, now, now);
  }, 5000);
  alive.unref();
  const release = () => rmSync(file, { force: true });
  process.on('exit', release);
  try {
    return await work();
  } finally {
    clearInterval(alive);
    process.off('exit', release);
    release();
  }
}

function claim(file) {
  try {
    writeFileSync(file, String(process.pid), { flag: 'wx' });
    return true;
  } catch (error) {
    if (error.code === 'EEXIST') return false;
    throw error;
  }
}

function isStale(file) {
  let text;
  let age;
  try {
    text = readFileSync(file, 'utf8');
    age = Date.now() - statSync(file).mtimeMs;
  } catch (error) {
    if (error.code === 'ENOENT') return false;
    throw error;
  }
  if (age > STALE_MS) return true;
  const pid = Number(text);
  // An empty one is being written this moment.
  if (text === '' || !Number.isInteger(pid)) return false;
  try {
    process.kill(pid, 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH';
  }
}
