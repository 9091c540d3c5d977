import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { startChild } from './children.ts';
import { isAlive, processIdentity } from './process.ts';
import { openRegistry, readRegistry, stopLeftovers } from './registry.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'dirigent-children-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const listFile = () => join(folder, 'children.json');
const gone = (pid: number) => vi.waitFor(() => expect(processIdentity(pid)).toBeUndefined(), 15_000);

/** A program that ignores polite signals, with a helper in the same group; prints the helper's pid. */
const STUBBORN = 'trap "" TERM INT; sleep 600 & echo $!; while :; do sleep 1; done';

test('a child that ignores the polite signal is killed with its whole group', async () => {
  const child = await startChild({
    name: 'stubborn',
    command: '/bin/sh',
    args: ['-c', STUBBORN],
    graceMs: 50,
  });
  await vi.waitFor(() => expect(child.lastLines()).toHaveLength(1), 5000);
  const helper = Number(child.lastLines()[0]);
  await child.stop();
  await child.stop();
  expect(child.running).toBe(false);
  expect((await child.exited).signal).toBe('SIGKILL');
  await gone(helper);
});

test('the last lines of a child that ends early are there when its end is told', async () => {
  const script = 'for i in 1 2 3; do echo line $i; done; echo no newline >&2; exit 3';
  const child = await startChild({ name: 'short', command: '/bin/sh', args: ['-c', script] });
  expect(await child.exited).toEqual({ code: 3, signal: null });
  expect(child.lastLines()).toEqual(expect.arrayContaining(['line 1', 'line 3', 'no newline']));
  await child.stop();
});

test('a program that does not exist is an error that names the child', async () => {
  const start = startChild({ name: 'Nothing', command: join(folder, 'none'), args: [] });
  await expect(start).rejects.toThrow('Cannot start Nothing.');
});

test('a running child is on the list, an ended one is not', async () => {
  const registry = openRegistry(listFile());
  const child = await startChild({
    name: 'sleeper',
    command: '/bin/sh',
    args: ['-c', 'sleep 600'],
    registry,
  });
  expect(readRegistry(listFile())).toMatchObject([{ name: 'sleeper', pid: child.pid }]);
  await child.stop();
  expect(readRegistry(listFile())).toEqual([]);
});

test('what a crash left running is stopped by the list, and a pid used again is spared', async () => {
  const left = spawn('/bin/sh', ['-c', STUBBORN], { detached: true, stdio: 'ignore' });
  const bystander = spawn('/bin/sh', ['-c', 'sleep 600'], { detached: true, stdio: 'ignore' });
  const leftPid = Number(left.pid);
  const bystanderPid = Number(bystander.pid);
  const identity = String(processIdentity(leftPid));
  const registry = openRegistry(listFile());
  registry.add({ name: 'left', pid: leftPid, identity, stopSignal: 'SIGTERM' });
  registry.add({ name: 'other', pid: bystanderPid, identity: 'an earlier process', stopSignal: 'SIGTERM' });
  try {
    expect(await stopLeftovers(listFile(), 50)).toEqual(['left']);
    await gone(leftPid);
    expect(isAlive(bystanderPid, String(processIdentity(bystanderPid)))).toBe(true);
    expect(readRegistry(listFile())).toEqual([]);
  } finally {
    bystander.kill('SIGKILL');
  }
});

test('a garbled list stops nobody and is no error', async () => {
  for (const text of [
    '',
    '{',
    'null',
    '{"pid":1}',
    '[{"name":"x","pid":1,"identity":"y","stopSignal":"SIGTERM"}]',
    '[7]',
  ]) {
    writeFileSync(listFile(), text);
    expect(await stopLeftovers(listFile(), 50)).toEqual([]);
  }
});

test('a child ends although its parent was killed with SIGKILL', async () => {
  const module = new URL('./children.ts', import.meta.url).href;
  const script = `
    const { startChild } = await import(${JSON.stringify(module)});
    const child = await startChild({ name: 'orphan', command: '/bin/sh', args: ['-c', 'sleep 600'] });
    console.log(child.pid);
  `;
  const parent = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', script], {
    cwd: fileURLToPath(new URL('../..', import.meta.url)),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  parent.stdout.setEncoding('utf8');
  const [line] = await once(parent.stdout, 'data');
  const pid = Number(line);
  expect(processIdentity(pid)).toBeDefined();
  parent.kill('SIGKILL');
  await gone(pid);
});
