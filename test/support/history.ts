import type { Client } from '@temporalio/client';
import {
  decode,
  visit,
  walkGetWorkflowExecutionHistoryResponse,
} from '@temporalio/common/lib/internal-non-workflow/index.js';
import { type History, historyToJSON } from '@temporalio/common/lib/proto-utils.js';

/** A history with its payloads as workflows wrote them. Rejects like `fetchHistory`. */
export async function decodedHistory(client: Client, workflowId: string, runId?: string): Promise<History> {
  const history = await rawHistory(client, workflowId, runId);
  const { payloadCodecs } = client.options.loadedDataConverter;
  await visit({ history }, walkGetWorkflowExecutionHistoryResponse, {
    transformPayload: async (payload) => (await decode(payloadCodecs, [payload]))[0] ?? payload,
    transformPayloads: (payloads) => decode(payloadCodecs, payloads),
    // The server reads these: they are never encrypted.
    skipHeaders: true,
    skipSearchAttributes: true,
  });
  return history;
}

/** A history as the engine keeps it. */
export const rawHistory = (client: Client, workflowId: string, runId?: string): Promise<History> =>
  client.workflow.getHandle(workflowId, runId).fetchHistory();

/** The text of a history, with the bytes of its payloads written out. */
export const historyText = (history: History): string =>
  JSON.stringify(JSON.parse(historyToJSON(history)), (key, value) =>
    (key === 'data' || key === 'encoding') && typeof value === 'string'
      ? Buffer.from(value, 'base64').toString('utf8')
      : value,
  );
