import { type Client, WorkflowExecutionAlreadyStartedError, WorkflowIdReusePolicy } from '@temporalio/client';
import { WORKFLOW_TASK_TIMEOUT } from '../workflows/kit/start.ts';
import { createAsking } from './asking.ts';

export interface RedeliverOptions {
  client: Client;
  taskQueue: string;
  onUnavailable?: (error: unknown) => void;
}

/** A send that was put back into the ledger. */
export interface PutBack {
  id: string;
  key: string;
  conversationId: string;
  correlationId: string;
}

/** Has a send that was put back delivered, once per decision. False while the engine cannot be reached. */
export function createRedelivery({ client, taskQueue, onUnavailable }: RedeliverOptions) {
  const { soon, guarded } = createAsking(client, onUnavailable);
  return async ({ id, key, conversationId, correlationId }: PutBack, decision: string): Promise<boolean> => {
    const begun = await guarded(async () => {
      try {
        await soon(() =>
          client.workflow.start('deliver', {
            workflowId: `deliver/${id}/${decision}`,
            taskQueue,
            args: [{ conversationId, key }],
            workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
            workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
            memo: { correlationId },
          }),
        );
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      }
      return true;
    });
    return begun === true;
  };
}
