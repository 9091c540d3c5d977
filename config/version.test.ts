import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { buildInfo } from './version.ts';

const script = fileURLToPath(new URL('../scripts/build-info.mjs', import.meta.url));

describe('buildInfo', () => {
  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dirigent-version-'));
    writeFileSync(join(root, 'package.json'), '{"version":"1.2.3"}');
  });
  afterEach(() => rmSync(root, { recursive: true }));

  it('refuses to serve when nothing tells which commit this is, and says what to do', () => {
    expect(() => buildInfo({ allowDev: false, env: {}, root })).toThrow(
      /DIRIGENT_COMMIT.*scripts\/build-info\.mjs/,
    );
  });

  it('says dev for an unpacked archive', () => {
    expect(buildInfo({ allowDev: true, env: {}, root })).toEqual({
      version: '1.2.3',
      commit: 'dev',
      builtAt: null,
    });
  });

  it('takes the environment first, and both variables or none', () => {
    const env = { DIRIGENT_COMMIT: 'abc123', DIRIGENT_BUILD_TIME: '2026-01-31T09:00:00Z' };
    expect(buildInfo({ allowDev: false, env, root })).toEqual({
      version: '1.2.3',
      commit: 'abc123',
      builtAt: '2026-01-31T09:00:00Z',
    });
    expect(() => buildInfo({ allowDev: true, env: { DIRIGENT_COMMIT: 'abc123' }, root })).toThrow(
      /belong together/,
    );
    expect(() =>
      buildInfo({ allowDev: true, env: { ...env, DIRIGENT_BUILD_TIME: 'today' }, root }),
    ).toThrow();
  });

  it('reads what the build script wrote', () => {
    execFileSync(process.execPath, [script, join(root, 'build-info.json')], {
      env: { ...process.env, DIRIGENT_COMMIT: 'def456' },
    });
    expect(buildInfo({ allowDev: false, env: {}, root })).toEqual({
      version: '1.2.3',
      commit: 'def456',
      builtAt: expect.stringMatching(/^\d{4}-.*Z$/),
    });
  });

  it('asks git in a checkout, marks changes, and never reports a repository around it', () => {
    const git = (...args: string[]) =>
      execFileSync('git', ['-C', root, '-c', 'user.name=t', '-c', 'user.email=t@t', ...args], {
        encoding: 'utf8',
      });
    git('init', '-q');
    git('add', '-A');
    git('commit', '-q', '-m', 'one', '--no-verify');
    const hash = git('rev-parse', 'HEAD').trim();
    expect(buildInfo({ allowDev: false, env: {}, root })).toMatchObject({ commit: hash });
    writeFileSync(join(root, 'package.json'), '{"version":"1.2.4"}');
    expect(buildInfo({ allowDev: false, env: {}, root })).toMatchObject({
      version: '1.2.4',
      commit: `${hash}+changes`,
    });

    const inside = join(root, 'unpacked');
    mkdirSync(inside);
    writeFileSync(join(inside, 'package.json'), '{"version":"0.0.1"}');
    expect(buildInfo({ allowDev: true, env: {}, root: inside }).commit).toBe('dev');
  });
});
