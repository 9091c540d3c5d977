import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettingsFromDisk, readConnections } from './load.ts';

const ENV = {
  DATABASE_URL: 'postgres://db/x',
  API_TOKEN: 't',
  TELEGRAM_BOT_TOKEN: '1:x',
  ENCRYPTION_KEYS: 'off',
};

describe('loadSettingsFromDisk', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'dirigent-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('needs no file, reads config.yaml where it is, and another one where CONFIG_FILE names it', () => {
    expect(loadSettingsFromDisk(ENV, folder).port).toBe(8080);
    writeFileSync(join(folder, 'config.yaml'), 'port: 81');
    expect(loadSettingsFromDisk(ENV, folder).port).toBe(81);
    writeFileSync(join(folder, 'other.yaml'), 'port: 82');
    expect(loadSettingsFromDisk({ ...ENV, CONFIG_FILE: 'other.yaml' }, folder).port).toBe(82);
  });

  it('refuses to start without the file that CONFIG_FILE names', () => {
    expect(() => loadSettingsFromDisk({ ...ENV, CONFIG_FILE: 'gone.yaml' }, folder)).toThrow(/gone\.yaml/);
  });
});

describe('readConnections', () => {
  it('needs neither bots nor tokens, and names what is missing', () => {
    const env = {
      DATABASE_URL: 'postgres://u:p@h:5432/d',
      TEMPORAL_ADDRESS: 'engine:7233',
      ENCRYPTION_KEYS: 'off',
    };
    expect(readConnections(env, '/nowhere')).toMatchObject({
      databaseUrl: env.DATABASE_URL,
      temporal: { address: 'engine:7233', namespace: 'default', taskQueue: 'conversations' },
    });
    expect(() => readConnections({}, '/nowhere')).toThrow(/databaseUrl is missing.*DATABASE_URL/s);
    // A tool that cannot read payloads would take runs for broken.
    expect(() => readConnections({ ...env, ENCRYPTION_KEYS: '' }, '/nowhere')).toThrow(
      /encryption\.keys is missing/,
    );
  });
});
