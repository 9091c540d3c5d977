import {
  type Client,
  WithStartWorkflowOperation,
  WorkflowIdConflictPolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { QuestionDesk } from '../activities/send/contract.ts';
import { conversationWorkflowId } from '../domain/ids.ts';
import type { Timing } from '../domain/timing.ts';
import type { conversation } from '../workflows/index.ts';
import { openWaitUpdate, waitArmedSignal, waitClosedSignal } from '../workflows/kit/messages.ts';
import { WORKFLOW_TASK_TIMEOUT } from '../workflows/kit/start.ts';

export interface ConversationOptions {
  taskQueue: string;
  timing: Timing;
}

/** How every conversation is started, whoever starts it. */
export const conversationStart = (conversationId: string, { taskQueue, timing }: ConversationOptions) => ({
  workflowId: conversationWorkflowId(conversationId),
  taskQueue,
  workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
  args: [{ conversationId, timing }] as Parameters<typeof conversation>,
});

/** Registers questions with their conversations, starting a conversation that has ended. */
export function createQuestionDesk(client: Client, options: ConversationOptions): QuestionDesk {
  const handle = (conversationId: string) =>
    client.workflow.getHandle(conversationWorkflowId(conversationId));
  /** A conversation that has ended holds no wait that could change. */
  const tolerant = async (signal: Promise<void>) => {
    try {
      await signal;
    } catch (error) {
      if (!(error instanceof WorkflowNotFoundError)) throw error;
    }
  };
  return {
    open: (conversationId, workflowId, wait) =>
      client.workflow.executeUpdateWithStart(openWaitUpdate, {
        args: [{ ...wait, workflowId }],
        startWorkflowOperation: new WithStartWorkflowOperation<typeof conversation>('conversation', {
          ...conversationStart(conversationId, options),
          workflowIdConflictPolicy: WorkflowIdConflictPolicy.USE_EXISTING,
        }),
      }),
    arm: (conversationId, waitId, platformId) =>
      tolerant(handle(conversationId).signal(waitArmedSignal, { waitId, platformId })),
    close: (conversationId, waitId) => tolerant(handle(conversationId).signal(waitClosedSignal, { waitId })),
  };
}
