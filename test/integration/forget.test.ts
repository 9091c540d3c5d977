import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { customers } from '../../db/schema/index.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

/** Words that nothing but this customer has ever said. */
const CANARY = {
  name: 'Канарейкин',
  phone: '7015557788',
  words: 'сверхпёстрый',
  command: '/канареечка',
};
const EVERYWHERE = Object.values(CANARY);
const trace = (text: string) => EVERYWHERE.filter((word) => text.includes(word));
import { decodedHistory, historyText } from '../support/history.ts';

describe('a customer who asks to be forgotten', () => {
  let product: Product;
  const lines: string[] = [];
  const dataDir = mkdtempSync(join(tmpdir(), 'dirigent-forget-'));
  beforeAll(async () => {
    product = await startProduct({
      name: 'forget',
      onLog: (line) => lines.push(line),
      env: { DATA_DIR: dataDir },
    });
  });
  afterAll(async () => {
    await product.stop();
    rmSync(dataDir, { recursive: true, force: true });
  });

  /** Every row of every table that holds one of the words. */
  async function tablesWithTraces(): Promise<string[]> {
    const tables = await product.db.execute<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await product.db.execute<{ row: string }>(
        sql`select t::text as row from ${sql.identifier(name)} as t`,
      );
      for (const { row } of rows) for (const word of trace(row)) found.push(`${name}: ${word} in ${row}`);
    }
    return found;
  }

  async function historiesWithTraces(): Promise<string[]> {
    const found: string[] = [];
    const query = `TaskQueue = '${product.settings.temporal.taskQueue}'`;
    for await (const { workflowId, runId } of product.temporal.workflow.list({ query })) {
      const history = await decodedHistory(product.temporal, workflowId, runId).catch(() => undefined);
      if (!history) continue;
      for (const word of trace(historyText(history))) found.push(`${workflowId}: ${word}`);
    }
    return found;
  }

  function filesWithTraces(folder: string): string[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return filesWithTraces(path);
      return trace(readFileSync(path, 'utf8')).map((word) => `${path}: ${word}`);
    });
  }

  it('leaves no trace in any table, history, file or log; runs and counts stay', async () => {
    const chat = product.chat();
    await chat.say(
      `Хочу заказать ${CANARY.words} шкаф, меня зовут ${CANARY.name}, телефон +7${CANARY.phone}`,
    );
    await chat.run('crm_push', 'succeeded');
    await chat.say(CANARY.command);
    await chat.hears('');
    await chat.shareContact({ phone: `+7${CANARY.phone}`, firstName: CANARY.name });
    const waiting = await chat.run('lead', 'waiting_user');
    await chat.settled();
    // They are there to be found: a search that finds nothing proves nothing.
    expect((await tablesWithTraces()).length).toBeGreaterThan(8);
    expect((await historiesWithTraces()).length).toBeGreaterThan(0);

    await chat.say('/forget');
    await chat.hears('Удалить');
    await chat.press('Да, удалить');
    await chat.hears('удалены', 60_000);
    await eventually('the erasure to end', async () => {
      const runs = (await chat.runs()).filter((run) => run.processId === 'forget');
      return runs.length === 2 && runs.every((run) => run.status === 'succeeded');
    });

    expect(await tablesWithTraces()).toEqual([]);
    await eventually('the histories to go', async () => (await historiesWithTraces()).length === 0);
    expect(filesWithTraces(dataDir)).toEqual([]);
    expect(trace(lines.join('\n'))).toEqual([]);

    const runs = await chat.runs();
    const processes = runs.map((run) => run.processId);
    expect(processes).toEqual(expect.arrayContaining(['lead', 'crm_push', 'forget']));
    expect(processes.filter((process) => process === 'lead')).toHaveLength(2);
    // The question that was open has been withdrawn, and no run was lost.
    expect(runs.find((run) => run.runId === waiting.runId)?.status).toBe('cancelled');
    expect(runs.some((run) => run.cause?.type === 'history lost')).toBe(false);
    const [customer] = await product.db
      .select()
      .from(customers)
      .where(eq(customers.id, runs[0]?.customerId ?? ''));
    expect(customer).toMatchObject({ name: null, phone: null, phoneHint: null, state: 'new' });

    // Managers are asked on the lead's own page.
    const comments = await product.outside.bitrix.comments();
    expect(JSON.stringify(comments)).toContain('удалить свои персональные данные');

    // They can begin again.
    await chat.say('Сколько стоит доставка по городу?');
    await chat.run('answer', 'succeeded');
  });
});
