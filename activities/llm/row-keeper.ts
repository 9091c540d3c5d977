import type { CallRecord, LlmClock, LlmLedger, LlmLog } from './contract.ts';

/** How long an answer waits for its rows. A database that is away must not eat the turn. */
const SETTLE_MS = 2_000;

export interface RowKeeper {
  /** Starts writing; the call goes on meanwhile. */
  keep(row: CallRecord): void;
  /** The same for what else is to be written about a call. */
  also(row: Pick<CallRecord, 'workflowId' | 'step' | 'correlationId'>, work: Promise<void>): void;
  /** Waits for the rows of this request, a bounded time. Never rejects. */
  settled(): Promise<void>;
}

/** Writes the rows of one request. A row that cannot be written costs an error in the log, no answer. */
export function createRowKeeper(ledger: LlmLedger, clock: LlmClock, log: LlmLog): RowKeeper {
  const writes: Promise<void>[] = [];
  const about = ({ workflowId, step, correlationId, provider, model, outcome }: CallRecord) => ({
    workflowId,
    step,
    correlationId,
    provider,
    model,
    outcome,
  });
  const write = async (row: CallRecord): Promise<void> => {
    try {
      await ledger.record(row);
    } catch (error) {
      log.error({ ...about(row), err: error }, 'A model call could not be written to llm_calls.');
    }
  };

  return {
    keep(row) {
      writes.push(write(row));
    },
    also({ workflowId, step, correlationId }, work) {
      const about = { workflowId, step, correlationId };
      writes.push(
        work.catch((error: unknown) =>
          log.error(
            { ...about, err: error },
            'What a model call has cost could not be written to its budgets.',
          ),
        ),
      );
    },
    async settled() {
      if (writes.length === 0) return;
      const enough = new AbortController();
      let inTime = false;
      const all = Promise.all(writes).then(() => {
        inTime = true;
      });
      // Rejects only because the sleep is ended here, once the rows are written.
      const late = clock.sleep(SETTLE_MS, enough.signal).catch(() => undefined);
      await Promise.race([all, late]);
      enough.abort();
      if (!inTime) log.error({ rows: writes.length }, 'Rows of llm_calls are still unwritten; not waiting.');
    },
  };
}
