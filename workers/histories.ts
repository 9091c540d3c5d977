import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';
import type { Histories } from '../activities/forget/contract.ts';
import { conversationWorkflowId } from '../domain/ids.ts';
import { beginAfreshSignal } from '../workflows/kit/messages.ts';

/** Workflow ids of one visibility query. */
const LISTED_AT_ONCE = 50;
/** gRPC codes of a server that does not let us, or cannot: permission denied, unimplemented. */
const REFUSALS = new Set<number>([7, 12]);
const NOT_FOUND = 5;

/** Ends, renews and deletes executions over the Temporal client. */
export function createHistories(client: Client): Histories {
  const { namespace } = client.options;

  return {
    async end(workflowId, how) {
      const handle = client.workflow.getHandle(workflowId);
      try {
        await (how === 'cancel' ? handle.cancel() : handle.terminate('its customer asked to be forgotten'));
      } catch (error) {
        if (!(error instanceof WorkflowNotFoundError)) throw error;
      }
    },

    async renew(conversationId) {
      const handle = client.workflow.getHandle(conversationWorkflowId(conversationId));
      try {
        const { runId, status } = await handle.describe();
        if (status.name !== 'RUNNING') return undefined;
        await handle.signal(beginAfreshSignal);
        return runId;
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return undefined;
        throw error;
      }
    },

    async executions(workflowIds) {
      const found: Awaited<ReturnType<Histories['executions']>> = [];
      for (let at = 0; at < workflowIds.length; at += LISTED_AT_ONCE) {
        const ids = workflowIds.slice(at, at + LISTED_AT_ONCE).map((id) => `'${id.replaceAll("'", "''")}'`);
        for await (const { workflowId, runId, startTime } of client.workflow.list({
          query: `WorkflowId IN (${ids.join(', ')})`,
        })) {
          found.push({ workflowId, runId, startedAt: startTime });
        }
      }
      return found;
    },

    async remove(workflowId, runId) {
      try {
        // Deleting an open execution would end it.
        const { status } = await client.workflow.getHandle(workflowId, runId).describe();
        if (status.name === 'RUNNING') return 'open';
        await client.workflowService.deleteWorkflowExecution({
          namespace,
          workflowExecution: { workflowId, runId },
        });
        return 'deleted';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'gone';
        const cause = error instanceof ServiceError ? error.cause : error;
        if (!isGrpcServiceError(cause)) throw error;
        if (cause.code === NOT_FOUND) return 'gone';
        if (REFUSALS.has(cause.code)) return 'refused';
        throw error;
      }
    },
  };
}
