import type { Executor } from '../client.ts';
import { llmCalls } from '../schema/index.ts';

export type LlmCallRow = typeof llmCalls.$inferInsert;

export async function recordLlmCall(db: Executor, row: LlmCallRow): Promise<void> {
  await db.insert(llmCalls).values(row);
}
