import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { isInstalled } from './lib/install.mjs';
import { withLock } from './lib/lock.mjs';
import { checkNodeVersion } from './lib/node-version.mjs';
import { createReporter } from './lib/report.mjs';
import { run } from './lib/run.mjs';
import { findOrBuildTemporal } from './temporal/binary.mjs';
import { cacheFolder } from './temporal/cache.mjs';
import { isNewEnough, parseServerVersion } from './temporal/version.mjs';

let folder;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirigent-setup-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** A program called `temporal` that tells this version and does nothing else. */
function fakeTemporal(name, says) {
  const bin = join(folder, name);
  mkdirSync(bin, { recursive: true });
  const path = join(bin, 'temporal');
  writeFileSync(path, `#!/bin/sh\n${says}\n`);
  chmodSync(path, 0o755);
  return path;
}
const NEW = 'echo "temporal version 0.0.0-DEV (Server 1.32.0, UI 2.54.1)"';
const OLD = 'echo "temporal version 1.1.0 (Server 1.25.0, UI 2.30.3)"';

test('Node versions below 20.19 are refused with both versions named', () => {
  for (const version of ['v20.19.0', 'v20.20.2', 'v22.0.0', 'v24.1.0', 'v100.0.0']) {
    expect(checkNodeVersion(version)).toBeUndefined();
  }
  for (const version of ['v20.18.3', 'v18.20.0', 'v9.11.2']) {
    expect(checkNodeVersion(version)).toMatch(
      `20.19 or newer (20, 22 and 24 are tested); this is ${version}`,
    );
  }
});

test('a Temporal is judged by its server, whatever the program calls itself', () => {
  expect(parseServerVersion('temporal version 0.0.0-DEV (Server 1.32.0, UI 2.54.1)')).toBe('1.32.0');
  expect(parseServerVersion('temporal version 1.0.0 (server 1.24.1) (ui 2.28.0)')).toBe('1.24.1');
  expect(parseServerVersion('temporal, a time tracker 3.2')).toBeUndefined();
  expect(['1.29.0', '1.29.1', '1.100.0', '2.0.0'].map((version) => isNewEnough(version))).not.toContain(
    false,
  );
  expect(['1.28.9', '1.9.0', '0.30.0'].map((version) => isNewEnough(version))).not.toContain(true);
});

test('a too old and a foreign program on PATH are passed over with a word, a later one is taken', async () => {
  const old = fakeTemporal('old', OLD);
  const foreign = fakeTemporal('foreign', 'exit 1');
  const good = fakeTemporal('good', NEW);
  const lines = [];
  const PATH = `relative:${join(folder, 'old')}:${join(folder, 'foreign')}:${join(folder, 'good')}`;
  expect(await findOrBuildTemporal({ log: (line) => lines.push(line), env: { PATH } })).toBe(good);
  expect(lines).toEqual([
    `Passing over ${old}: server 1.25.0 is older than 1.29.0.`,
    `Passing over ${foreign}: it does not tell its version.`,
  ]);
});

test('the cached copy is used when PATH has none', async () => {
  const env = { PATH: '', XDG_CACHE_HOME: join(folder, 'cache') };
  const kept = join(cacheFolder(env), 'temporal');
  expect(kept.startsWith(join(folder, 'cache', 'dirigent', 'temporal-'))).toBe(true);
  mkdirSync(cacheFolder(env), { recursive: true });
  writeFileSync(kept, `#!/bin/sh\n${NEW}\n`, { mode: 0o755 });
  expect(await findOrBuildTemporal({ log: () => {}, env })).toBe(kept);
});

test('a program named by TEMPORAL_CLI_PATH is used or refused, never replaced', async () => {
  const find = (path) => findOrBuildTemporal({ log: () => {}, env: { TEMPORAL_CLI_PATH: path } });
  const good = fakeTemporal('good', NEW);
  expect(await find(good)).toBe(good);
  await expect(find(fakeTemporal('old', OLD))).rejects.toThrow('server 1.25.0; 1.29.0 or newer is needed');
  await expect(find(join(folder, 'none'))).rejects.toThrow('not a working temporal program');
});

test('a cache folder that cannot be written gives way to one that can', () => {
  const blocked = join(folder, 'file');
  writeFileSync(blocked, '');
  expect(cacheFolder({ XDG_CACHE_HOME: blocked }).startsWith(tmpdir())).toBe(true);
});

test('packages count as installed only while they are what the lock file says', () => {
  const write = (file, value) => writeFileSync(join(folder, file), JSON.stringify(value));
  write('package-lock.json', { packages: { '': {}, 'node_modules/a': { version: '1.0.0' } } });
  expect(isInstalled(folder)).toBe(false);
  mkdirSync(join(folder, 'node_modules'));
  write('node_modules/.package-lock.json', { packages: {} });
  expect(isInstalled(folder)).toBe(false);
  write('node_modules/.package-lock.json', { packages: { 'node_modules/a': { version: '1.0.0' } } });
  expect(isInstalled(folder)).toBe(true);
  expect(existsSync(join(folder, 'node_modules/.dirigent-lock-hash'))).toBe(true);
  write('package-lock.json', { packages: { '': {}, 'node_modules/a': { version: '1.0.1' } } });
  expect(isInstalled(folder)).toBe(false);
});

test('a package for another platform may be missing', () => {
  const wanted = { 'node_modules/other-os': { version: '1.0.0', optional: true } };
  writeFileSync(join(folder, 'package-lock.json'), JSON.stringify({ packages: wanted }));
  mkdirSync(join(folder, 'node_modules'));
  writeFileSync(join(folder, 'node_modules/.package-lock.json'), JSON.stringify({ packages: {} }));
  expect(isInstalled(folder)).toBe(true);
});

test('work under a lock never overlaps, and a failure gives the lock back', async () => {
  const file = join(folder, 'a.lock');
  let inside = 0;
  const work = async () => {
    inside += 1;
    expect(inside).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    inside -= 1;
  };
  await expect(
    withLock(file, async () => {
      throw new Error('broken');
    }),
  ).rejects.toThrow('broken');
  await Promise.all([withLock(file, work), withLock(file, work)]);
  expect(existsSync(file)).toBe(false);
});

test('the lock of a dead or silent holder is passed over', async () => {
  const file = join(folder, 'b.lock');
  writeFileSync(file, String(2 ** 22 + 1));
  await withLock(file, async () => {});
  writeFileSync(file, String(process.pid));
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(file, longAgo, longAgo);
  await withLock(file, async () => {});
});

test('a program run in the foreground hands back its exit code, a signal as 128 and more', async () => {
  const lines = [];
  const onLine = (line) => lines.push(line);
  expect(await run('/bin/sh', ['-c', 'echo out; echo err >&2; exit 7'], { onLine })).toBe(7);
  expect(lines.toSorted()).toEqual(['err', 'out']);
  expect(await run('/bin/sh', ['-c', 'kill -TERM $$'], { onLine })).toBe(143);
  await expect(run(join(folder, 'none'), [])).rejects.toThrow('ENOENT');
});

test('progress overwrites its line on a terminal and is rare elsewhere', () => {
  const record = (isTTY) => {
    const written = [];
    let now = 0;
    const report = createReporter({ isTTY, write: (text) => written.push(text) }, () => now);
    for (now = 0; now < 40_000; now += 3000) report.progress(`${now / 1000} s`);
    report.log('done');
    return written.join('');
  };
  expect(record(true).endsWith('39 s\r\x1b[2Kdone\n')).toBe(true);
  expect(record(false)).toBe('0 s\n15 s\n30 s\ndone\n');
});

test('the entry scripts are readable by old versions of Node and load nothing before the check', () => {
  const entries = {
    'lib/entry.mjs': './node-version.mjs',
    'start.mjs': './lib/entry.mjs',
    'test.mjs': './lib/entry.mjs',
  };
  for (const [name, imported] of Object.entries(entries)) {
    const text = readFileSync(new URL(name, import.meta.url), 'utf8');
    expect([...text.matchAll(/^import .* from '(.*)';$/gm)].map((match) => match[1])).toEqual([imported]);
    expect(text).not.toMatch(/\?\.|\?\?|^await /m);
  }
});
