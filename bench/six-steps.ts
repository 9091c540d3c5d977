import { Client, Connection } from '@temporalio/client';
import { bitrixWebhookUrl } from '../sandbox/client.ts';
import { treeCpuMs } from './support/cpu.ts';
import { dataConverter } from './support/encryption.ts';
import { failedRuns } from './support/failed.ts';
import { lagBuckets, lagPercentile } from './support/lag.ts';
import { type Measured, play } from './support/load.ts';
import { median, percentile, table } from './support/numbers.ts';
import { startProduct } from './support/product.ts';
import { type Program, type Servers, startServers } from './support/servers.ts';

export interface SixStepsOptions {
  rounds: number;
  /** Of each side in each round. */
  messages: number;
  inFlight: number;
}

/** A side of the comparison: a program, its bot, and its customers. */
interface Side {
  name: string;
  program: Program<{ url: string }>;
  telegram: Servers['outside']['telegram'];
  chats: number[];
  rounds: Round[];
}

interface Round {
  busy: Measured;
  paced: Measured;
  /** Milliseconds of processor time a message, by whom. */
  cpu: { program: number; temporal: number; postgres: number };
}

const BARE_BOT = { id: 700_000_002, token: '700000002:bare' };
const MODEL = 'qwen3:30b';
const TEXT = 'бенчмарк';
const PACE = 5;

/**
 * The same six steps as a process of the product and as a bare Temporal program, on the same servers and
 * against the same stand-ins, in turns. Throws when a message is not answered.
 */
export async function benchSixSteps(options: SixStepsOptions, say: (line: string) => void): Promise<void> {
  const servers = await startServers();
  try {
    const program = await startProduct(servers);
    const sides = [side('product', program, servers.outside.telegram, 1_000), await startBare(servers)];
    for (const side of sides) await warmUp(side);
    for (let round = 0; round < options.rounds; round++) {
      // Who begins changes, so that a machine that grows slower is nobody's advantage.
      for (const side of round % 2 === 0 ? sides : sides.toReversed()) {
        side.rounds.push(await measure(servers, side, options));
      }
    }
    const [product, bare] = sides;
    if (!product || !bare) throw new Error('There are two sides.');
    say(await report(servers, product, bare, await program.metrics()));
  } catch (error) {
    say(await failedRuns(servers.databaseUrl));
    throw error;
  } finally {
    await servers.stop();
  }
}

async function startBare(servers: Servers): Promise<Side> {
  const bot = servers.outside.telegram.forBot(BARE_BOT.id);
  const botUrl = `${servers.urls.telegram}/bot${BARE_BOT.token}`;
  const program = await servers.program<{ url: string }>('bare/main.ts', {
    DATABASE_URL: servers.databaseUrl,
    TEMPORAL_ADDRESS: servers.temporalAddress,
    OLLAMA_URL: servers.urls.ollama,
    MODEL,
    BITRIX_WEBHOOK_URL: bitrixWebhookUrl(servers.urls.bitrix24),
    BOT_URL: botUrl,
    BENCH_BUNDLE: await servers.bundle('bare/workflow.ts'),
  });
  const set = await fetch(`${botUrl}/setWebhook`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ url: program.said.url }),
  });
  if (!set.ok) throw new Error(`setWebhook: ${set.status} ${await set.text()}`);
  return side('bare', program, bot, 2_000);
}

const side = (
  name: string,
  program: Program<{ url: string }>,
  telegram: Side['telegram'],
  firstChat: number,
): Side => ({
  name,
  program,
  telegram,
  chats: Array.from({ length: 100 }, (_, i) => firstChat + i),
  rounds: [],
});

/** Every customer has written once: caches are full, conversations open. */
async function warmUp(of: Side): Promise<void> {
  await play({ ...load(of), messages: of.chats.length, inFlight: 8 });
}

const load = ({ telegram, chats }: Side) => ({ telegram, chats, text: TEXT, reply: /бенчмарк/ });

async function measure(servers: Servers, of: Side, { messages, inFlight }: SixStepsOptions): Promise<Round> {
  const used = () => ({
    program: treeCpuMs(of.program.pid),
    temporal: treeCpuMs(servers.pids.temporal),
    postgres: treeCpuMs(servers.pids.postgres),
  });
  await servers.outside.clearCalls();
  const before = used();
  const busy = await play({ ...load(of), messages, inFlight });
  const after = used();
  const paced = await play({ ...load(of), messages: Math.ceil(messages / 4), inFlight: 20, pace: PACE });
  return {
    busy,
    paced,
    cpu: {
      program: (after.program - before.program) / messages,
      temporal: (after.temporal - before.temporal) / messages,
      postgres: (after.postgres - before.postgres) / messages,
    },
  };
}

async function report(servers: Servers, product: Side, bare: Side, metrics: string): Promise<string> {
  const totals = ({ rounds }: Side) => rounds.map(({ cpu }) => cpu.program + cpu.temporal + cpu.postgres);
  const latencies = ({ rounds }: Side) => rounds.flatMap(({ paced }) => paced.latencies);
  const each = (of: Side, what: (round: Round) => number) => median(of.rounds.map(what));
  const line = (label: string, of: (side: Side) => number, unit: string) => [
    label,
    ...[product, bare].map((one) => `${of(one).toFixed(1)} ${unit}`),
    (of(product) / of(bare)).toFixed(2),
  ];
  const events = await historyEvents(servers);
  const lag = lagBuckets(metrics);
  return [
    table([
      ['', 'product', 'bare', 'ratio'],
      line('runs a second', (s) => each(s, ({ busy }) => busy.latencies.length / busy.seconds), '/s'),
      line('CPU a message', (s) => median(totals(s)), 'ms'),
      line('  in the program', (s) => each(s, ({ cpu }) => cpu.program), 'ms'),
      line('  in Temporal', (s) => each(s, ({ cpu }) => cpu.temporal), 'ms'),
      line('  in PostgreSQL', (s) => each(s, ({ cpu }) => cpu.postgres), 'ms'),
      line('message to reply, p50', (s) => percentile(latencies(s), 0.5), 'ms'),
      line('message to reply, p95', (s) => percentile(latencies(s), 0.95), 'ms'),
      line('history events a message', (s) => (s === product ? events.product : events.bare), ''),
    ]),
    `  of these in the conversation: ${events.conversation.toFixed(1)}`,
    `projection lag p99: below ${lagPercentile(lag, 0.99)} s`,
  ].join('\n');
}

/** Events that a message costs: of its run, and its share of the conversation's. */
async function historyEvents(servers: Servers) {
  const connection = await Connection.connect({ address: servers.temporalAddress });
  try {
    const client = new Client({ connection, dataConverter });
    const lengths = async (query: string) => {
      const found: number[] = [];
      for await (const execution of client.workflow.list({ query })) found.push(execution.historyLength);
      return found;
    };
    const sum = (numbers: number[]) => numbers.reduce((a, b) => a + b, 0);
    const runs = await lengths("WorkflowType = 'six_steps'");
    const open: number[] = [];
    for await (const { workflowId } of client.workflow.list({ query: "WorkflowType = 'conversation'" })) {
      open.push((await client.workflow.getHandle(workflowId).describe()).historyLength);
    }
    const bares = await lengths("WorkflowType = 'bareSixSteps'");
    const conversation = sum(open) / runs.length;
    return { product: sum(runs) / runs.length + conversation, conversation, bare: sum(bares) / bares.length };
  } finally {
    await connection.close();
  }
}
