import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { newProcess } from './lib/new-process.mjs';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

describe('npm run new -- process', () => {
  let root;
  const before = {};
  const SHARED = ['workflows/index.ts', 'workflows/registry.ts'];
  beforeAll(() => {
    root = mkdtempSync(join(tmpdir(), 'dirigent-new-'));
    const parts = ['workflows', 'scripts/templates', 'test/integration/journey.test.ts'];
    execFileSync('sh', ['-c', `tar cf - ${parts.join(' ')} | tar xf - -C "$0"`, root], { cwd: ROOT });
    for (const path of SHARED) before[path] = readFileSync(join(root, path), 'utf8');
  });
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  it.each([
    ['Price', 'lower-case English letters'],
    ['price alert', 'lower-case English letters'],
    ['../price', 'lower-case English letters'],
    ['цена', 'lower-case English letters'],
    ['4u', 'lower-case English letters'],
    ['price--alert', 'lower-case English letters'],
    ['ab', '3 to 32 characters'],
    ['a'.repeat(33), '3 to 32 characters'],
    ['lead', 'There is a process lead already'],
    ['crm-push', 'There is a process crm_push already'],
    ['conversation', 'There is a process conversation already'],
    ['help', 'a command of the bot itself'],
    ['delete', 'a reserved word'],
    ['registry', 'workflows/registry.ts exists already'],
    ['kit', 'workflows/kit exists already'],
    ['journey', 'test/integration/journey.test.ts exists already'],
  ])('refuses %s, says why, and writes nothing', (name, reason) => {
    expect(() => newProcess(root, name)).toThrow(reason);
    for (const path of SHARED) expect(readFileSync(join(root, path), 'utf8')).toBe(before[path]);
    expect(existsSync(join(root, 'test/integration', `${name}.test.ts`))).toBe(name === 'journey');
  });

  it('refuses a registry that it does not understand, and installs that are incomplete, before it writes', () => {
    expect(() => newProcess(root, 'price-alert')).toThrow('packages are not installed');
    const registry = join(root, 'workflows/registry.ts');
    writeFileSync(registry, 'export const PROCESSES = all();\n');
    expect(() => newProcess(root, 'price-alert')).toThrow('no list of processes');
    writeFileSync(registry, before['workflows/registry.ts']);
    expect(existsSync(join(root, 'workflows/price-alert.ts'))).toBe(false);
  });

  it('says how it is used', () => {
    for (const args of [[], ['process'], ['channel', 'web'], ['process', 'one', 'two']]) {
      const { status, stderr } = spawnSync(process.execPath, [join(ROOT, 'scripts/new.mjs'), ...args], {
        encoding: 'utf8',
      });
      expect(status).toBe(1);
      expect(stderr).toContain('npm run new -- process NAME');
    }
  });
});
