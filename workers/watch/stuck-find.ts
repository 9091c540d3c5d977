import { type Client, isGrpcServiceError } from '@temporalio/client';
import { optionalTsToDate } from '@temporalio/common/lib/time.js';
import proto from '@temporalio/proto';
import { redactSecrets } from '../../domain/redact.ts';
import { createDecoder } from '../projector/decode.ts';
import { isNotFound } from '../projector/read.ts';

interface Failing {
  /** What its code said the first time, in one line without secrets. */
  cause: string;
  /** When that was, where the history tells. */
  failingSince: Date | undefined;
}

/** An execution whose workflow task fails again and again. */
export interface StuckExecution extends Failing {
  workflowId: string;
  runId: string;
  workflowType: string;
  attempt: number;
}

/** An attempt that fails may be a worker that died, and so may the next one. */
const STUCK_ATTEMPT = 3;
/** One that runs out of time blames no code yet: workers may be busy, or away. It is slow to come to this many. */
const LATE_ATTEMPT = 6;
const RUNNING = proto.temporal.api.enums.v1.WorkflowExecutionStatus.WORKFLOW_EXECUTION_STATUS_RUNNING;
const INVALID_ARGUMENT = 3;
const TIMED_OUT = 'the workflow task timed out';
const MAX_CAUSE = 200;
const EVENTS = 20;
const PAGE = 100;

/** Asks the engine about executions that may not go on. Rejects with its errors. */
export function createStuckFinder(client: Client, taskQueue: string) {
  const { namespace, loadedDataConverter } = client.options;
  const decoder = createDecoder(loadedDataConverter);
  const service = client.workflowService;
  let reportsProblems = true;

  /** The engine's own list; servers before 1.30 keep none. */
  async function reported(): Promise<string[]> {
    if (!reportsProblems) return [];
    try {
      const { executions } = await service.listWorkflowExecutions({
        namespace,
        pageSize: PAGE,
        query: `TaskQueue = '${taskQueue.replaceAll("'", "''")}' AND ExecutionStatus = 'Running' AND TemporalReportedProblems IS NOT NULL`,
      });
      return (executions ?? []).flatMap(({ execution }) => execution?.workflowId || []);
    } catch (error) {
      if (!isGrpcServiceError(error) || error.code !== INVALID_ARGUMENT) throw error;
      reportsProblems = false;
      return [];
    }
  }

  /** The execution open under this id, if its task fails; failures after the first are not in the history. */
  async function examine(workflowId: string): Promise<StuckExecution | undefined> {
    try {
      const { workflowExecutionInfo: info, pendingWorkflowTask: task } =
        await service.describeWorkflowExecution({ namespace, execution: { workflowId } });
      const attempt = task?.attempt ?? 0;
      if (info?.status !== RUNNING || attempt < STUCK_ATTEMPT) return undefined;
      const runId = info.execution?.runId ?? '';
      const first = await firstFailure(workflowId, runId);
      if (first.cause === TIMED_OUT && attempt < LATE_ATTEMPT) return undefined;
      return { workflowId, runId, workflowType: info.type?.name ?? '', attempt, ...first };
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
  }

  async function firstFailure(workflowId: string, runId: string): Promise<Failing> {
    const { history } = await service.getWorkflowExecutionHistoryReverse({
      namespace,
      execution: { workflowId, runId },
      maximumPageSize: EVENTS,
    });
    for (const event of history?.events ?? []) {
      const failingSince = optionalTsToDate(event.eventTime);
      if (event.workflowTaskTimedOutEventAttributes) return { failingSince, cause: TIMED_OUT };
      const failure = event.workflowTaskFailedEventAttributes?.failure;
      if (failure) {
        return { failingSince, cause: oneLine((await decoder.failure(failure))?.message ?? '') };
      }
    }
    return { failingSince: undefined, cause: 'the workflow task fails' };
  }

  return { reported, examine };
}

export type StuckFinder = ReturnType<typeof createStuckFinder>;

const oneLine = (text: string): string =>
  redactSecrets((text.split('\n')[0] ?? '').trim()).slice(0, MAX_CAUSE);
