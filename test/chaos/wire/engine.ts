import proto from '@temporalio/proto';
import { type GrpcCall, type GrpcProxy, type GrpcWatch, openGrpcProxy } from './grpc.ts';
import type { Resolver } from './resolver.ts';
import type { Tracker } from './tracker.ts';

const v1 = proto.temporal.api.workflowservice.v1;
const WORKFLOW = '(workflow)';

interface ActivityTask {
  taskToken?: Uint8Array | null;
  activityId?: string | null;
  activityType?: { name?: string | null } | null;
  workflowType?: { name?: string | null } | null;
  workflowExecution?: { workflowId?: string | null } | null;
}

/** Calls by which somebody outside the engine changes a workflow. */
const ADDRESSED = {
  SignalWithStartWorkflowExecution: (bytes: Buffer) =>
    v1.SignalWithStartWorkflowExecutionRequest.decode(bytes).workflowId,
  SignalWorkflowExecution: (bytes: Buffer) =>
    v1.SignalWorkflowExecutionRequest.decode(bytes).workflowExecution?.workflowId,
  UpdateWorkflowExecution: (bytes: Buffer) =>
    v1.UpdateWorkflowExecutionRequest.decode(bytes).workflowExecution?.workflowId,
  // An update that starts its workflow where there is none.
  ExecuteMultiOperation: (bytes: Buffer) =>
    v1.ExecuteMultiOperationRequest.decode(bytes).operations[0]?.startWorkflow?.workflowId,
  StartWorkflowExecution: (bytes: Buffer) => v1.StartWorkflowExecutionRequest.decode(bytes).workflowId,
  RequestCancelWorkflowExecution: (bytes: Buffer) =>
    v1.RequestCancelWorkflowExecutionRequest.decode(bytes).workflowExecution?.workflowId,
};

/** Answers to tasks; each holds the token of its task. */
const ANSWERS = {
  RespondWorkflowTaskCompleted: v1.RespondWorkflowTaskCompletedRequest,
  RespondActivityTaskCompleted: v1.RespondActivityTaskCompletedRequest,
  RespondActivityTaskFailed: v1.RespondActivityTaskFailedRequest,
};

const isOneOf = <T extends object>(table: T, name: string): name is Extract<keyof T, string> => name in table;
const tokenOf = (token: Uint8Array | null | undefined) => Buffer.from(token ?? []).toString('base64');

/** The way of one role to the engine: tells the tracker of tasks, and holds what it wants held. */
export function openEngineProxy(
  role: 'api' | 'worker' | 'projector',
  to: () => string,
  tracker: Tracker,
  resolver: Resolver,
): Promise<GrpcProxy> {
  const activityGiven = async (task: ActivityTask) => {
    const token = tokenOf(task.taskToken);
    if (token === '') return;
    await tracker.given(token, {
      kind: 'activity',
      process: task.workflowType?.name ?? '',
      step: task.activityType?.name ?? '',
      workflowId: task.workflowExecution?.workflowId ?? '',
      activityId: task.activityId ?? '',
    });
  };

  const answering = (name: keyof typeof ANSWERS, bytes: Buffer): GrpcWatch => {
    const token = tokenOf(ANSWERS[name].decode(bytes).taskToken);
    return {
      before: (gone) => tracker.answering(token, gone),
      async after(_gone, answer) {
        if (answer === undefined) return;
        tracker.answered(token);
        if (name !== 'RespondWorkflowTaskCompleted') return;
        const { activityTasks } = v1.RespondWorkflowTaskCompletedResponse.decode(answer);
        for (const task of activityTasks ?? []) await activityGiven(task);
      },
    };
  };

  const addressed = async (name: keyof typeof ADDRESSED, bytes: Buffer): Promise<GrpcWatch | undefined> => {
    const workflowId = ADDRESSED[name](bytes) ?? '';
    const chat = await resolver.chatOfWorkflow(workflowId);
    if (chat === undefined) return undefined;
    const effect = `temporal ${name.replace('WorkflowExecution', '')}`;
    if (role !== 'api') {
      const begun = tracker.begin(chat, effect);
      return begun && { before: begun.asked, after: begun.done };
    }
    const begun = tracker.beginIntake(chat, effect, workflowId);
    return (
      begun && {
        before: begun.asked,
        async after(gone, answer) {
          if (answer !== undefined) begun.told();
          await begun.done(gone);
        },
      }
    );
  };

  const watch = async ({ method, message }: GrpcCall): Promise<GrpcWatch | undefined> => {
    if (isOneOf(ANSWERS, method)) return answering(method, message);
    if (isOneOf(ADDRESSED, method)) return addressed(method, message);
    if (method === 'PollActivityTaskQueue') {
      return {
        after: async (_gone, answer) =>
          answer && activityGiven(v1.PollActivityTaskQueueResponse.decode(answer)),
      };
    }
    if (method === 'PollWorkflowTaskQueue') {
      return {
        async after(_gone, answer) {
          if (!answer?.length) return;
          const task = v1.PollWorkflowTaskQueueResponse.decode(answer);
          const token = tokenOf(task.taskToken);
          if (token === '') return;
          await tracker.given(token, {
            kind: 'workflow',
            process: task.workflowType?.name ?? '',
            step: WORKFLOW,
            workflowId: task.workflowExecution?.workflowId ?? '',
          });
        },
      };
    }
    return undefined;
  };
  return openGrpcProxy(to, watch);
}
