import { setTimeout as sleep } from 'node:timers/promises';
import { sql } from 'drizzle-orm';
import { connectDatabase } from '../db/client.ts';
import { type Flooded, flood } from './support/flood.ts';
import { play } from './support/load.ts';
import { percentile, table } from './support/numbers.ts';
import { startProduct, WEBHOOK_SECRET } from './support/product.ts';
import { type Servers, startServers } from './support/servers.ts';

export interface IntakeOptions {
  rounds: number;
  perSecond: number;
  seconds: number;
}

const CHATS = Array.from({ length: 100 }, (_, i) => 5_000 + i);
/** Above what the sandbox gives out. */
const FIRST_ID = 2_000_000_000;
const DRAIN_MS = 300_000;

/**
 * A flood at the webhook, against a bare route with one INSERT, in turns. Then everything has to be answered,
 * in order; throws where it is not.
 */
export async function benchIntake(options: IntakeOptions, say: (line: string) => void): Promise<void> {
  const servers = await startServers();
  try {
    const product = await startProduct(servers, 'apart');
    const bare = await servers.program<{ url: string }>('bare/route.ts', {
      DATABASE_URL: servers.databaseUrl,
    });
    const { telegram } = servers.outside;
    // The customers are known: new ones cost some statements more, once.
    await play({ telegram, chats: CHATS, text: TEXT(1), reply: /\S/, messages: CHATS.length, inFlight: 8 });
    const sides = {
      product: { url: product.webhookUrl, headers: { 'x-telegram-bot-api-secret-token': WEBHOOK_SECRET } },
      bare: { url: bare.said.url, headers: {} },
    };
    const acks = { product: [] as number[], bare: [] as number[] };
    let firstId = FIRST_ID;
    for (let round = 0; round < options.rounds; round++) {
      for (const name of ['bare', 'product'] as const) {
        const posted = await flood({ ...sides[name], ...options, chats: CHATS, firstId, text: TEXT });
        acks[name].push(...posted.acks);
        firstId += options.perSecond * options.seconds;
        if (name === 'product') say(await drained(servers, posted));
      }
    }
    const line = (label: string, share: number) => {
      const [own, bares] = [percentile(acks.product, share), percentile(acks.bare, share)];
      return [label, `${own.toFixed(1)} ms`, `${bares.toFixed(1)} ms`, (own / bares).toFixed(2)];
    };
    say(table([['', 'product', 'bare', 'ratio'], line('ack, p50', 0.5), line('ack, p99', 0.99)]));
  } finally {
    await servers.stop();
  }
}

const TEXT = (id: number) => `Сколько стоит ${id}`;

/** Waits until every conversation has handled what was acknowledged, and checks the answers' order. */
async function drained(servers: Servers, { accepted }: Flooded): Promise<string> {
  const { db, close } = connectDatabase({ url: servers.databaseUrl, name: 'bench', max: 1 });
  const began = Date.now();
  try {
    for (;;) {
      const [row] = await db.execute<{ open: string }>(sql`
        select (select count(*) from messages where direction = 'inbound' and dispatched_at is null)
          + (select count(*) from process_runs where ended_at is null and process_id = 'answer')
          + (select count(*) from sends where state in ('pending', 'sending')) as open`);
      if (Number(row?.open) === 0) break;
      if (Date.now() - began > DRAIN_MS) throw new Error(`${row?.open} things are still open.`);
      await sleep(500);
    }
  } finally {
    await close();
  }
  const seconds = ((Date.now() - began) / 1000).toFixed(0);
  let answers = 0;
  for (const [chat, ids] of accepted) answers += await inOrder(servers, chat, ids);
  return `${[...accepted.values()].flat().length} messages were answered in order by ${answers} replies, ${seconds} s after the flood.`;
}

/** Number of replies. Each names the first question that it answers, so these must rise. */
async function inOrder(servers: Servers, chat: number, ids: readonly number[]): Promise<number> {
  const { messages } = await servers.outside.telegram.transcript(chat);
  const least = Math.min(...ids);
  const named = messages
    .filter(({ direction }) => direction === 'out')
    .flatMap(({ text = '' }) => /Сколько стоит (\d+)/.exec(text)?.[1] ?? [])
    .map(Number)
    .filter((id) => id >= least);
  if (named.some((id, at) => id < (named[at - 1] ?? 0))) {
    throw new Error(`Chat ${chat} was answered out of order: ${named.join(', ')}.`);
  }
  if (named[0] !== ids[0]) throw new Error(`Chat ${chat}: its first question was not answered.`);
  return named.length;
}
