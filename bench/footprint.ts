import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { connectDatabase } from '../db/client.ts';
import { treeMemory } from './support/cpu.ts';
import { play } from './support/load.ts';
import { percentile, table } from './support/numbers.ts';
import { type ProductProgram, startProduct } from './support/product.ts';
import { type Servers, startServers } from './support/servers.ts';

export interface FootprintOptions {
  waiting: number;
  messages: number;
}

const FIRST_WAITING = 100_000;
const ASKING = Array.from({ length: 50 }, (_, i) => 7_000 + i);
const SETTLE_MS = 10_000;
const PACE = 5;

/** Memory of the whole embedded stack, and what runs that wait cost: memory, and the latency of others. */
export async function benchFootprint(options: FootprintOptions, say: (line: string) => void): Promise<void> {
  const servers = await startServers();
  try {
    const product = await startProduct(servers);
    const telegram = servers.outside.telegram;
    await sleep(SETTLE_MS);
    const idle = memory(servers, product);
    say(`Idle: ${parts(idle)}.`);

    const asked = { telegram, chats: ASKING, text: 'бенчмарк', reply: /бенчмарк/ };
    await play({ ...asked, messages: ASKING.length, inFlight: 8 });
    const before = await play({ ...asked, messages: options.messages, inFlight: 20, pace: PACE });
    const began = memory(servers, product);

    const chats = Array.from({ length: options.waiting }, (_, i) => FIRST_WAITING + i);
    const filled = await play({
      telegram,
      chats,
      text: '/waits',
      reply: /Ну как/,
      messages: options.waiting,
      inFlight: 32,
    });
    await untilWaiting(servers, options.waiting);
    await sleep(SETTLE_MS);
    const after = memory(servers, product);
    const beside = await play({ ...asked, messages: options.messages, inFlight: 20, pace: PACE });

    say(`${options.waiting} runs began to wait in ${filled.seconds.toFixed(0)} s: ${parts(after)}.`);
    const line = (label: string, share: number) => {
      const [without, among] = [before, beside].map(({ latencies }) => percentile(latencies, share));
      return [label, ms(without), ms(among), ((among ?? 0) / (without ?? 1)).toFixed(2)];
    };
    say(
      table([
        ['', 'without', `among ${options.waiting}`, 'ratio'],
        line('message to reply, p50', 0.5),
        line('message to reply, p95', 0.95),
        ['memory', mb(total(began)), mb(total(after)), (total(after) / total(began)).toFixed(2)],
      ]),
    );
  } finally {
    await servers.stop();
  }
}

type Memory = Record<'product' | 'temporal' | 'postgres' | 'sandbox', number>;

const memory = ({ pids }: Servers, product: ProductProgram): Memory => ({
  product: treeMemory(product.pid),
  temporal: treeMemory(pids.temporal),
  postgres: treeMemory(pids.postgres),
  sandbox: treeMemory(pids.sandbox),
});

const total = (of: Memory): number => Object.values(of).reduce((a, b) => a + b, 0);
const mb = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(0)} MB`;
const ms = (value = Number.NaN): string => `${value.toFixed(1)} ms`;
const parts = (of: Memory): string =>
  `${mb(total(of))} (${Object.entries(of)
    .map(([name, bytes]) => `${name} ${mb(bytes)}`)
    .join(', ')})`;

async function untilWaiting({ databaseUrl }: Servers, least: number): Promise<void> {
  const { db, close } = connectDatabase({ url: databaseUrl, name: 'bench', max: 1 });
  try {
    for (let looks = 0; looks < 600; looks++) {
      const [row] = await db.execute<{ waiting: string }>(
        sql`select count(*) as waiting from process_runs where status = 'waiting_user'`,
      );
      if (Number(row?.waiting) >= least) return;
      await sleep(500);
    }
    throw new Error('The projection does not show all runs waiting.');
  } finally {
    await close();
  }
}
