import type { LlmLedger } from '../activities/llm/contract.ts';
import type { Database } from '../db/client.ts';
import { recordLlmCall } from '../db/queries/llm-calls.ts';

/** Every attempt to call a model, in `llm_calls`. */
export const createLedger = (db: Database): LlmLedger => ({
  record: ({ startedAt, ...row }) => recordLlmCall(db, { ...row, createdAt: startedAt }),
});
