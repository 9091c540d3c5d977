import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, Connection } from '@temporalio/client';
import { sql } from 'drizzle-orm';
import { connectDatabase, type Database } from '../db/client.ts';
import { DEFAULT_TIMING } from '../domain/timing.ts';
import { projectionCommand } from '../workers/projector/cli.ts';
import { type RunStart, runOptions } from '../workflows/kit/start.ts';
import { brief } from './product/brief.ts';
import { dataConverter, keys } from './support/encryption.ts';
import { table } from './support/numbers.ts';
import { startProduct } from './support/product.ts';
import { startServers } from './support/servers.ts';

export interface RebuildBench {
  runs: number;
}

const ABREAST = 64;
const NAMESPACE = 'default';
const TASK_QUEUE = 'conversations';
/** How long nothing may move before that counts as a failure. */
const PATIENCE_MS = 120_000;

/**
 * How long the rows of many runs take to be made anew from their histories. The runs are as short as a run can be and
 * begun in bulk past the conversations: what is measured is the projection, whose cost grows with the events.
 */
export async function benchRebuild({ runs }: RebuildBench, say: (line: string) => void): Promise<void> {
  const servers = await startServers();
  const database = connectDatabase({ url: servers.databaseUrl, name: 'bench', max: 2 });
  try {
    const product = await startProduct(servers);
    const connection = await Connection.connect({ address: servers.temporalAddress });
    const client = new Client({ connection, namespace: NAMESPACE, dataConverter });
    const [filled] = await timed(() => fill(client, database.db, runs));
    await untilEnded(database.db, runs);
    const events = await sumOf(database.db, sql`sum(last_event_id)`);
    await connection.close();
    await product.stop();

    const printed: string[] = [];
    const command = (...args: string[]) =>
      projectionCommand(
        args,
        {
          databaseUrl: servers.databaseUrl,
          temporalAddress: servers.temporalAddress,
          temporalNamespace: NAMESPACE,
          dataConverter,
          keys,
        },
        (line) => printed.push(line),
      );
    const digest = () =>
      sumOf(database.db, sql`sum(('x' || substr(md5(process_runs::text), 1, 8))::bit(32)::bigint)`);
    const before = await digest();
    await database.db.execute(sql`truncate process_runs cascade`);
    const [fromNothing] = await timed(() => command('rebuild'));
    const same = (await digest()) === before;
    const [again] = await timed(() => command('rebuild'));
    const [verified, code] = await timed(() => command('verify'));
    const line = (what: string, seconds: number) => [
      what,
      `${seconds.toFixed(0)} s`,
      `${(runs / seconds).toFixed(0)} runs/s`,
    ];
    say(`${runs} runs of ${(events / runs).toFixed(0)} events, begun in bulk in ${filled.toFixed(0)} s.`);
    say(
      table([
        ['', 'time', 'rate'],
        line('rebuild, no rows', fromNothing),
        line('rebuild, all rows there', again),
        line('verify', verified),
      ]),
    );
    say(`${printed.join('; ')}. Rows ${same ? 'the same as before, byte for byte' : 'DIFFERENT'}.`);
    if (!same || code !== 0) throw new Error('The rebuilt rows are not what they were.');
  } finally {
    await database.close();
    await servers.stop();
  }
}

async function timed<T>(work: () => Promise<T>): Promise<[seconds: number, result: T]> {
  const began = performance.now();
  const result = await work();
  return [(performance.now() - began) / 1000, result];
}

async function fill(client: Client, db: Database, runs: number): Promise<void> {
  const [tenant] = await db.execute(sql`select id from tenants where slug = 'default'`);
  const start: RunStart = {
    input: {},
    tenantId: String(tenant?.id),
    tenantSlug: 'default',
    locale: 'ru',
    country: 'KZ',
    correlationId: 'bench',
    messages: [],
    timing: DEFAULT_TIMING,
  };
  const { name } = brief.definition;
  let left = runs;
  const lane = async () => {
    while (left-- > 0) {
      await client.workflow.start(name, {
        workflowId: `${name}/${randomUUID()}`,
        taskQueue: TASK_QUEUE,
        args: [start],
        ...runOptions(name, start),
      });
    }
  };
  await Promise.all(Array.from({ length: ABREAST }, lane));
}

const sumOf = async (db: Database, what: ReturnType<typeof sql>): Promise<number> => {
  const [row] = await db.execute(sql`select ${what} as sum from process_runs`);
  return Number(row?.sum ?? 0);
};

async function untilEnded(db: Database, runs: number): Promise<void> {
  let last = -1;
  for (let quiet = 0; quiet < PATIENCE_MS; quiet += 1_000) {
    const ended = await sumOf(db, sql`count(ended_at)`);
    if (ended >= runs) return;
    if (ended !== last) quiet = 0;
    last = ended;
    await sleep(1_000);
  }
  throw new Error(`Only ${last} of ${runs} runs are shown as ended.`);
}
