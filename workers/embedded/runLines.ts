import { setTimeout as sleep } from 'node:timers/promises';
import { and, desc, eq } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { processRuns, sends } from '../../db/schema/index.ts';
import { isFinal } from '../../domain/history/transitions.ts';
import type { RunLine, RunLookup } from './chat/types.ts';

export interface RunLinesOptions {
  db: Database;
  chatId: string;
  temporalUiUrl: string;
  namespace: string;
}

const REST_MS = 5000;
/** A wait that has just been answered is still shown as one until the projection has caught up. */
const WAITING_MS = 800;
const LOOK_MS = 150;

/**
 * Finds the run behind a message of the bot's and gives it up to 5 s to come to rest: the message arrives
 * before the run has ended. Nothing for what the conversation said by itself.
 */
export function createRunLookup({ db, chatId, temporalUiUrl, namespace }: RunLinesOptions): RunLookup {
  return async (messageId, signal) => {
    const deadline = Date.now() + REST_MS;
    let waitingSince: number | undefined;
    let line: RunLine | undefined;
    while (!signal.aborted) {
      const [send] = await db
        .select({ workflowId: sends.workflowId })
        .from(sends)
        .where(and(eq(sends.chatId, chatId), eq(sends.channelMessageId, String(messageId))));
      if (send?.workflowId.startsWith('conversation/')) return undefined;
      const [run] =
        send === undefined
          ? []
          : await db
              .select()
              .from(processRuns)
              .where(eq(processRuns.workflowId, send.workflowId))
              .orderBy(desc(processRuns.queuedAt))
              .limit(1);
      if (run !== undefined) {
        line = {
          runId: run.runId,
          process: run.processId,
          state: run.status,
          waitingOn: run.waitingOn ?? undefined,
          durationMs: (run.endedAt ?? new Date()).getTime() - run.queuedAt.getTime(),
          url: temporalLink(temporalUiUrl, namespace, run.workflowId, run.currentRunId),
        };
        if (isFinal(run.status)) return line;
        waitingSince = run.status === 'waiting_user' ? (waitingSince ?? Date.now()) : undefined;
        if (waitingSince !== undefined && Date.now() - waitingSince > WAITING_MS) return line;
      }
      if (Date.now() > deadline) return line;
      await sleep(LOOK_MS, undefined, { signal }).catch(() => undefined);
    }
    return undefined;
  };
}

/** The page of one execution in the Temporal UI. */
export function temporalLink(uiUrl: string, namespace: string, workflowId: string, runId: string): string {
  return `${uiUrl}/namespaces/${namespace}/workflows/${encodeURIComponent(workflowId)}/${runId}/history`;
}
