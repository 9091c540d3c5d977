import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { FolderInUse, lockFolder } from './lock.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirigent-lock-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('a locked folder is refused, naming the process that holds it, until it is released', async () => {
  const lock = await lockFolder(folder);
  await expect(lockFolder(folder)).rejects.toThrow(FolderInUse);
  await expect(lockFolder(folder)).rejects.toThrow(`process ${process.pid}`);
  lock.release();
  const again = await lockFolder(folder);
  expect(again.recovered).toBe(false);
  again.release();
});

test('the lock of a process whose pid now belongs to another is taken over', async () => {
  writeFileSync(
    join(folder, 'lock.json'),
    JSON.stringify({ pid: process.pid, identity: 'before the restart' }),
  );
  const lock = await lockFolder(folder);
  expect(lock.recovered).toBe(true);
  lock.release();
});

test('a garbled lock that nobody is writing any more is taken over', async () => {
  for (const text of ['', '{"pid":', '[]', '{"pid":"1","identity":3}']) {
    writeFileSync(join(folder, 'lock.json'), text);
    const lock = await lockFolder(folder);
    expect(lock.recovered).toBe(true);
    lock.release();
  }
});

test('a takeover that was cut short does not lock the folder for ever', async () => {
  writeFileSync(join(folder, 'lock.json'), JSON.stringify({ pid: 2 ** 22 + 1, identity: 'gone' }));
  const gate = join(folder, 'lock.json.takeover');
  writeFileSync(gate, '');
  const longAgo = new Date(Date.now() - 60_000);
  utimesSync(gate, longAgo, longAgo);
  const lock = await lockFolder(folder);
  lock.release();
});

test('a release after the folder passed to another leaves the other one locked', async () => {
  const lock = await lockFolder(folder);
  const file = join(folder, 'lock.json');
  writeFileSync(file, '{"pid":1,"identity":"another"}');
  lock.release();
  expect(existsSync(file)).toBe(true);
});

test('of several processes that find a stale lock at once, exactly one gets the folder', async () => {
  writeFileSync(join(folder, 'lock.json'), JSON.stringify({ pid: 2 ** 22 + 1, identity: 'gone' }));
  const module = new URL('./lock.ts', import.meta.url).href;
  const script = `
    const { lockFolder } = await import(${JSON.stringify(module)});
    const lock = await lockFolder(${JSON.stringify(folder)}).catch((error) => error);
    console.log(lock.name ?? 'mine');
    process.stdin.resume();
  `;
  const children = Array.from({ length: 4 }, () =>
    spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      stdio: ['pipe', 'pipe', 'inherit'],
    }),
  );
  const answers = await Promise.all(
    children.map(async (child) => String((await once(child.stdout, 'data'))[0]).trim()),
  );
  for (const child of children) child.stdin.end();
  expect(answers.toSorted()).toEqual(['FolderInUse', 'FolderInUse', 'FolderInUse', 'mine']);
}, 30_000);
