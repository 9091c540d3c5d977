import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { and, eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { migrate } from '../../db/migrate.ts';
import { messages } from '../../db/schema/index.ts';
import { type RunningPostgres, startPostgres } from '../../workers/embedded/postgres.ts';
import { type RunningTemporal, startTemporal } from '../../workers/embedded/temporal.ts';
import { type Cable, openCable } from '../support/cable.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { installTestRuntime } from '../support/runtime.ts';
import { type Product, startStack } from '../support/stack.ts';

const CUSTOMERS = 6;
const logLevel = process.env.TEST_LOG ?? 'silent';
const log = createLogger({ level: logLevel });
const silent = () => undefined;

describe('servers that restart under load', () => {
  const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-restart-'));
  // As root, PostgreSQL runs as another user, who must be able to enter.
  chmodSync(dataDir, 0o711);
  let postgres: RunningPostgres;
  let temporal: RunningTemporal;
  /** A restarted server may come back on another port; the product knows only these. */
  let toPostgres: Cable;
  let product: Product;
  const startDatabase = () =>
    startPostgres({ dataDir: join(dataDir, 'postgres'), log: silent, fsync: false, database: 'restart' });
  const startEngine = (port?: number) =>
    startTemporal({
      binary: inject('temporalBinary'),
      dataDir: join(dataDir, 'temporal'),
      log: silent,
      headless: true,
      ...(port === undefined ? {} : { ports: { frontend: port } }),
    });

  beforeAll(async () => {
    installTestRuntime();
    [postgres, temporal] = await Promise.all([startDatabase(), startEngine()]);
    toPostgres = await openCable(() => postgres.port);
    const url = new URL(postgres.url);
    url.port = String(toPostgres.port);
    await migrate(url.href);
    product = await startStack({
      temporalAddress: temporal.address,
      databaseUrl: url.href,
      taskQueue: 'restart',
      bundle: { codePath: inject('workflowBundle') },
      log,
      logLevel,
      // No word but the answer, so that replies can be counted.
      timing: { workingOnItMs: 60_000, crmWaitMs: 60_000, outagePauseMs: 500, unclearWriteMs: 1_000 },
    });
  });
  afterAll(async () => {
    await product.stop();
    await toPostgres.close();
    await Promise.all([postgres.stop(), temporal.stop()]);
    rmSync(dataDir, { recursive: true, force: true, maxRetries: 10 });
  });

  /** Customers who go on asking until told to stop; each hears every answer before the next question. */
  function load(chats: Chat[]) {
    let stopped = false;
    const asked = new Map(chats.map((chat) => [chat.id, 0]));
    const asking = chats.map(async (chat) => {
      while (!stopped) {
        const n = (asked.get(chat.id) ?? 0) + 1;
        asked.set(chat.id, n);
        await chat.say(`Сколько стоит доставка номер ${n}?`);
        await eventually(
          `an answer to question ${n} in chat ${chat.id}`,
          async () => (await settledSends(chat)) >= n,
          50_000,
        );
      }
    });
    return {
      async stop() {
        stopped = true;
        await Promise.all(asking);
        return asked;
      },
    };
  }
  const settledSends = async (chat: Chat) =>
    (await chat.sends()).filter((send) => send.state === 'sent' || send.state === 'unknown').length;

  async function everythingHolds(chats: Chat[], asked: Map<number, number>) {
    let unknown = 0;
    for (const chat of chats) {
      await chat.settled();
      const questions = asked.get(chat.id) ?? 0;
      const rows = await product.db
        .select({ number: messages.number, content: messages.content })
        .from(messages)
        .where(and(eq(messages.chatId, String(chat.id)), eq(messages.direction, 'inbound')))
        .orderBy(messages.number);
      // Nothing lost, nothing doubled, in the order in which it was said.
      expect(rows.map((row) => row.content)).toEqual(
        Array.from({ length: questions }, (_, n) => `Сколько стоит доставка номер ${n + 1}?`),
      );
      const sends = await chat.sends();
      expect(sends).toHaveLength(questions);
      const unsure = sends.filter((send) => send.state === 'unknown').length;
      unknown += unsure;
      const said = (await chat.said()).length;
      expect(said).toBeLessThanOrEqual(questions);
      expect(said).toBeGreaterThanOrEqual(questions - unsure);
      await eventually('every run to be seen as ended', async () => {
        const runs = await chat.runs();
        return runs.length === questions && runs.every((run) => run.endedAt !== null);
      });
    }
    return unknown;
  }

  async function under(restart: () => Promise<void>) {
    const chats = Array.from({ length: CUSTOMERS }, () => product.chat());
    const customers = load(chats);
    await eventually('every customer to have been answered', async () =>
      (await Promise.all(chats.map(settledSends))).every((answers) => answers > 0),
    );
    await restart();
    const before = await Promise.all(chats.map(settledSends));
    await eventually(
      'every customer to be answered again',
      async () =>
        (await Promise.all(chats.map(settledSends))).every((answers, n) => answers > (before[n] ?? 0)),
      50_000,
    );
    const asked = await customers.stop();
    const unknown = await everythingHolds(chats, asked);
    const total = [...asked.values()].reduce((sum, n) => sum + n, 0);
    console.info(`${total} questions, ${unknown} answers of which nobody can tell whether they arrived.`);
    return unknown;
  }

  it('the embedded engine keeps histories for seven days', async () => {
    const { config } = await product.temporal.workflowService.describeNamespace({ namespace: 'default' });
    expect(Number(config?.workflowExecutionRetentionTtl?.seconds)).toBe(7 * 24 * 3_600);
  });

  it('PostgreSQL: nothing is lost or doubled, and the order is kept', async () => {
    await under(async () => {
      await postgres.stop();
      postgres = await startDatabase();
    });
  }, 120_000);

  it('Temporal: nothing is lost or doubled, and the order is kept', async () => {
    const unknown = await under(async () => {
      const port = Number(temporal.address.split(':')[1]);
      await temporal.stop();
      temporal = await startEngine(port);
      expect(temporal.address).toBe(product.settings.temporal.address);
    });
    // The ledger was there all the time.
    expect(unknown).toBe(0);
  }, 120_000);
});
