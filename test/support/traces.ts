import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { sql } from 'drizzle-orm';
import { decodedHistory, historyText, rawHistory } from './history.ts';
import type { Product } from './stack.ts';

/** Finds words in everything that a product leaves behind. Each answer names the place and the word. */
export function createSearch(words: readonly string[]) {
  const inText = (text: string) => words.filter((word) => text.includes(word));

  /** Every row of every table. */
  async function inTables({ db }: Pick<Product, 'db'>): Promise<string[]> {
    const tables = await db.execute<{ name: string }>(
      sql`select table_name as name from information_schema.tables where table_schema = 'public'`,
    );
    const found: string[] = [];
    for (const { name } of tables) {
      const rows = await db.execute<{ row: string }>(
        sql`select t::text as row from ${sql.identifier(name)} as t`,
      );
      for (const { row } of rows) for (const word of inText(row)) found.push(`${name}: ${word} in ${row}`);
    }
    return found;
  }

  /** Every history of the product's queue: `decoded`, or as the engine keeps it. */
  async function inHistories({ temporal, settings }: Product, as: 'decoded' | 'kept'): Promise<string[]> {
    const read = as === 'decoded' ? decodedHistory : rawHistory;
    const found: string[] = [];
    const query = `TaskQueue = '${settings.temporal.taskQueue}'`;
    for await (const { workflowId, runId } of temporal.workflow.list({ query })) {
      const history = await read(temporal, workflowId, runId).catch(() => undefined);
      if (!history) continue;
      for (const word of inText(historyText(history))) found.push(`${workflowId}: ${word}`);
    }
    return found;
  }

  /** Every file of a folder, also below it. */
  function inFiles(folder: string): string[] {
    if (!existsSync(folder)) return [];
    return readdirSync(folder).flatMap((name) => {
      const path = join(folder, name);
      if (statSync(path).isDirectory()) return inFiles(path);
      return inText(readFileSync(path, 'utf8')).map((word) => `${path}: ${word}`);
    });
  }

  return { inText, inTables, inHistories, inFiles };
}
