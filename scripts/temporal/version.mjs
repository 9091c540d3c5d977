import { execFile } from 'node:child_process';

/** The oldest server whose behaviour the product relies on. */
export const LEAST_SERVER = '1.29.0';

/**
 * The server inside a `temporal` program, as `--version` tells it: "temporal version 1.5.1 (Server 1.29.1,
 * UI 2.42.1)". A build of one's own calls itself 0.0.0-DEV, so only the server counts.
 * Undefined when the program does not run or says something else.
 */
export function serverVersion(binary) {
  return new Promise((resolve) => {
    execFile(binary, ['--version'], { timeout: 20_000, encoding: 'utf8' }, (error, stdout) => {
      resolve(error ? undefined : parseServerVersion(stdout));
    });
  });
}

export function parseServerVersion(text) {
  return /server\s+v?(\d+\.\d+\.\d+)/i.exec(text)?.[1];
}

export function isNewEnough(version, least = LEAST_SERVER) {
  const [a, b] = [version, least].map((text) => text.split('.').map(Number));
  for (let i = 0; i < 3; i++) if (a[i] !== b[i]) return a[i] > b[i];
  return true;
}
