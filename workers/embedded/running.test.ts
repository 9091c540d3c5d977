import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { environmentOfRunning, noteRunning } from './running.ts';

describe('a tool beside npm start', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-running-'));
  afterEach(() => rmSync(join(folder, 'running.json'), { force: true }));
  const given = { DATA_DIR: folder, LOG_LEVEL: 'info' };
  const own = { ...given, DATABASE_URL: 'postgres://embedded/db', TEMPORAL_ADDRESS: '127.0.0.1:7233' };

  it('finds its servers, and none once it has ended', () => {
    const note = noteRunning(folder, given, own);
    expect(environmentOfRunning(given)).toEqual({ env: own, dataDir: folder });
    note.forget();
    expect(environmentOfRunning(given)).toEqual({ env: given });
  });

  it('is not led astray by one that crashed, or by half a file', () => {
    noteRunning(folder, given, own);
    const file = join(folder, 'running.json');
    const text = readFileSync(file, 'utf8');
    writeFileSync(file, text.replace(/"identity":"[^"]*"/, '"identity":"another process"'));
    expect(environmentOfRunning(given)).toEqual({ env: given });
    writeFileSync(file, text.slice(0, 20));
    expect(environmentOfRunning(given)).toEqual({ env: given });
  });

  it('goes where the environment says, if it says so', () => {
    noteRunning(folder, given, own);
    const env = { ...given, DATABASE_URL: 'postgres://elsewhere/db' };
    expect(environmentOfRunning(env)).toEqual({ env });
  });

  it('shares what it reads with nobody else', () => {
    noteRunning(folder, given, own);
    expect(statSync(join(folder, 'running.json')).mode & 0o777).toBe(0o600);
  });
});
