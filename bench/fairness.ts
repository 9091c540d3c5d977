import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { connectDatabase } from '../db/client.ts';
import { flood } from './support/flood.ts';
import { play } from './support/load.ts';
import { percentile, table } from './support/numbers.ts';
import { startProduct, WEBHOOK_SECRET } from './support/product.ts';
import { type Servers, startServers } from './support/servers.ts';

export interface FairnessOptions {
  rounds: number;
  /** What the loud chat posts. */
  perSecond: number;
  seconds: number;
}

const QUIET = Array.from({ length: 10 }, (_, i) => 6_000 + i);
const LOUD = 6_999;
/** Of all quiet chats together. */
const QUIET_PER_SECOND = 2;
/** Above what the sandbox gives out. */
const FIRST_ID = 2_000_000_000;
const DRAIN_MS = 300_000;

/**
 * How long quiet chats wait for their answers while another one posts many messages a second, against how long they
 * wait otherwise: in turns, over the same product with its own limits.
 */
export async function benchFairness(options: FairnessOptions, say: (line: string) => void): Promise<void> {
  const { rounds, perSecond, seconds } = options;
  const servers = await startServers();
  try {
    const product = await startProduct(servers, 'apart');
    const { telegram } = servers.outside;
    const ask = (chats: readonly number[], messages: number, pace?: number) =>
      play({
        telegram,
        chats,
        text: 'Сколько стоит доставка',
        reply: /\S/,
        messages,
        inFlight: chats.length,
        ...(pace === undefined ? {} : { pace }),
      });
    // Everybody is known, and has been answered.
    await ask([...QUIET, LOUD], QUIET.length + 1);
    const latencies = { calm: [] as number[], loud: [] as number[] };
    const acks: number[] = [];
    let firstId = FIRST_ID;
    for (let round = 0; round < rounds; round++) {
      await drained(servers);
      latencies.calm.push(...(await ask(QUIET, QUIET_PER_SECOND * seconds, QUIET_PER_SECOND)).latencies);
      await drained(servers);
      const url = product.webhookUrl;
      const headers = { 'x-telegram-bot-api-secret-token': WEBHOOK_SECRET };
      const text = (id: number) => `Сколько стоит ${id}`;
      const [posted, asked] = await Promise.all([
        flood({ url, headers, chats: [LOUD], perSecond, seconds, firstId, text }),
        ask(QUIET, QUIET_PER_SECOND * seconds, QUIET_PER_SECOND),
      ]);
      firstId += perSecond * seconds;
      acks.push(...posted.acks);
      latencies.loud.push(...asked.latencies);
    }
    const line = (label: string, share: number) => {
      const [calm, loud] = [percentile(latencies.calm, share), percentile(latencies.loud, share)];
      return [label, `${calm.toFixed(0)} ms`, `${loud.toFixed(0)} ms`, (loud / calm).toFixed(2)];
    };
    const head = ['a quiet chat', 'otherwise', `beside ${perSecond} messages a second`, 'ratio'];
    say(table([head, line('message to reply, p50', 0.5), line('message to reply, p95', 0.95)]));
    say(
      `${acks.length} of the loud chat were acknowledged, p99 ${percentile(acks, 0.99).toFixed(0)} ms. ${await fate(servers)}`,
    );
  } finally {
    await servers.stop();
  }
}

/** Waits until nothing that was written is still being worked on. */
async function drained(servers: Servers): Promise<void> {
  const deadline = Date.now() + DRAIN_MS;
  await asking(servers, async (one) => {
    while (
      Number(
        (await one(sql`
          select (select count(*) from messages where direction = 'inbound' and dispatched_at is null)
            + (select count(*) from process_runs where ended_at is null and process_id = 'answer')
            + (select count(*) from sends where state in ('pending', 'sending')) as n`)) ?? 0,
      ) > 0
    ) {
      if (Date.now() > deadline) throw new Error('What was written is still being worked on.');
      await sleep(500);
    }
  });
}

/** What became of the messages of the loud chat. */
async function fate(servers: Servers): Promise<string> {
  return asking(servers, async (one) => {
    const served = await one(sql`select count(*) as n from messages
      where chat_id = ${String(LOUD)} and direction = 'inbound' and withheld is null`);
    const limited = await one(sql`select count(*) as n from messages
      where chat_id = ${String(LOUD)} and withheld = 'limited'`);
    return `${served} were served, ${limited} were kept as above the limit.`;
  });
}

async function asking<T>(
  { databaseUrl }: Servers,
  work: (one: (query: ReturnType<typeof sql>) => Promise<unknown>) => Promise<T>,
): Promise<T> {
  const { db, close } = connectDatabase({ url: databaseUrl, name: 'bench', max: 1 });
  try {
    return await work(async (query) => (await db.execute<{ n: string }>(query))[0]?.n);
  } finally {
    await close();
  }
}
