import { Client, Connection } from '@temporalio/client';
import type { Settings } from '../../config/settings.ts';
import { connectDatabase } from '../../db/client.ts';
import { createDataConverter } from '../encryption/converter.ts';
import { alarmsOpen, disk, messagesWaiting, migrations, oldestWait, unknownSends } from './database.ts';
import { engine, keys, projection, queues, searchAttributes } from './engine.ts';
import { type Check, type Finding, fail, finding, ok, reasonOf } from './finding.ts';
import { api, channel, crm, providers } from './outside.ts';

const CONNECT_MS = 5_000;

/** Looks at everything an installation needs. Changes nothing. Never rejects: what cannot be looked at has failed. */
export async function examine(settings: Settings): Promise<Finding[]> {
  const parts = await Promise.all([aroundDatabase(settings), aroundOutside(settings)]);
  return parts.flat();
}

async function aroundDatabase(settings: Settings): Promise<Finding[]> {
  const { db, close } = connectDatabase({
    url: settings.databaseUrl,
    name: 'doctor',
    max: 3,
    waitMs: CONNECT_MS,
  });
  const run = (name: string, check: Check) => finding(name, check, 'Look at the log of PostgreSQL.');
  let connection: Connection | undefined;
  try {
    const own = await run('database', async () => {
      await db.execute('select 1');
      return [ok('database', 'answers')];
    });
    if (own.some(({ state }) => state === 'fail')) {
      own.splice(0, 1, { ...(own[0] as Finding), todo: 'Is PostgreSQL up, and DATABASE_URL right?' });
    } else {
      own.push(
        ...(await run('migrations', () => migrations(db))),
        ...(await run('alarms', () => alarmsOpen(db))),
        ...(await run('messages', () => messagesWaiting(db, settings))),
        ...(await run('waiting runs', () => oldestWait(db, settings))),
        ...(await run('sends', () => unknownSends(db))),
        ...(await run('disk', () => disk(settings, db))),
      );
    }
    const { address, namespace } = settings.temporal;
    try {
      connection = await Connection.connect({ address, connectTimeout: CONNECT_MS });
    } catch (error) {
      return [
        ...own,
        fail('temporal', `${address}: ${reasonOf(error)}`, 'Is it up, and TEMPORAL_ADDRESS right?'),
      ];
    }
    const client = new Client({
      connection,
      namespace,
      dataConverter: createDataConverter(settings.encryption.keys),
    });
    const ask = (name: string, check: Check) => finding(name, check, 'Look at the log of Temporal.');
    return [
      ...own,
      ...(await ask('temporal', () => engine(client))),
      ...(await ask('search attributes', () => searchAttributes(client))),
      ...(await ask('queues', () => queues(client, settings))),
      ...(await ask('keys', () => keys(client, db, settings.encryption.keys))),
      ...(await ask('projection', () => projection(client, db))),
    ];
  } finally {
    await connection?.close();
    await close();
  }
}

async function aroundOutside(settings: Settings): Promise<Finding[]> {
  const accounts = settings.tenants.flatMap((tenant) => tenant.channels);
  const found = await Promise.all([
    api(settings),
    ...accounts.map((own) => channel(settings, own)),
    ...settings.tenants.map(crm),
    finding('models', () => providers(settings), 'Look at llm.providers in config.yaml.'),
  ]);
  return found.flat();
}
