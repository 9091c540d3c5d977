import type { LlmLedger } from '../activities/llm/contract.ts';
import type { Database } from '../db/client.ts';
import { recordLlmCall } from '../db/queries/llm-calls.ts';
import type { Metrics } from './metrics.ts';

/** Every attempt to call a model, in `llm_calls`. */
export const createLedger = (db: Database): LlmLedger => ({
  record: ({ startedAt, ...row }) => recordLlmCall(db, { ...row, createdAt: startedAt }),
});

/** The same, counted and measured. */
export const countedLedger = (ledger: LlmLedger, metrics: Metrics): LlmLedger => ({
  record(call) {
    metrics.llmCalls.inc({ provider: call.provider, outcome: call.outcome });
    metrics.requests.observe(
      { service: call.provider, endpoint: call.purpose, method: 'POST', status: call.outcome },
      call.durationMs / 1000,
    );
    return ledger.record(call);
  },
});
