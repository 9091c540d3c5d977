import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  type WorkflowExecutionDescription,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
  WorkflowUpdateFailedError,
  WorkflowUpdateRPCTimeoutOrCancelledError,
} from '@temporalio/client';
import type { temporal } from '@temporalio/proto';
import type { ControlRefusal, ControlRequest, ControlResult, RunControl } from '../api/ops.ts';
import type { Settings } from '../config/settings.ts';
import { resumeUpdate } from '../workflows/kit/messages.ts';
import { type RunStart, runOptions } from '../workflows/kit/start.ts';
import { createAsking, isMissing } from './asking.ts';
import { createDecoder } from './projector/decode.ts';
import type { PublishHints } from './projector/hints.ts';
import { retryPoint } from './retry-point.ts';

export interface RunControlOptions {
  client: Client;
  settings: Settings;
  onUnavailable?: (error: unknown) => void;
  /** Runs `act` while nobody else acts under this name. */
  alone<T>(name: string, act: () => Promise<T>): Promise<T>;
  /** Tells the projector of a run that no worker has told of. */
  hint: PublishHints;
}

const UPDATES: temporal.api.enums.v1.ResetReapplyExcludeType = 2;
const CANCEL_REQUESTS: temporal.api.enums.v1.ResetReapplyExcludeType = 4;
const refused = (reason: ControlRefusal, detail: string) => ({ kind: 'refused', reason, detail }) as const;
const GONE = refused('history-gone', 'The engine no longer has the history of this run.');

/** What the person on call does with runs: each once per key, however often it is asked. */
export function createRunControl(options: RunControlOptions): RunControl {
  const { client, settings, onUnavailable, hint } = options;
  const { soon, guarded } = createAsking(client, onUnavailable);
  const decoder = createDecoder(client.options.loadedDataConverter);

  async function historyOf(workflowId: string, runId: string) {
    const history = await soon(() => client.workflow.getHandle(workflowId, runId).fetchHistory());
    return history.events ?? [];
  }

  /** The run that the same request has opened before. */
  async function openedBy(mark: string, workflowId: string, newest: string): Promise<string | undefined> {
    for (const { workflowTaskFailedEventAttributes: task } of await historyOf(workflowId, newest)) {
      if (task?.newRunId && task.failure?.message?.endsWith(mark)) return task.newRunId;
    }
    return undefined;
  }

  async function retry({ run, key, actor }: ControlRequest): Promise<ControlResult> {
    const { workflowId, currentRunId } = run;
    const mark = `request ${key}`;
    const newest = await soon(() => client.workflow.getHandle(workflowId).describe());
    const before = await openedBy(mark, workflowId, newest.runId);
    if (before !== undefined) return { kind: 'existing', workflowId, runId: before };
    if (newest.runId !== currentRunId) {
      return refused('run-retried', `A later run has taken its place: ${newest.runId}.`);
    }
    if (isOpen(newest)) return refused('run-open', 'It has not ended. A run that waits can be resumed.');
    if (run.status === 'succeeded') return refused('nothing-to-retry', 'It succeeded. It can be re-run.');
    const point = retryPoint(await historyOf(workflowId, currentRunId));
    if (point === undefined) {
      return refused('nothing-to-retry', 'No step of it failed that could be tried again. It can be re-run.');
    }
    const { runId } = await soon(() =>
      client.workflowService.resetWorkflowExecution({
        namespace: client.options.namespace,
        workflowExecution: { workflowId, runId: currentRunId },
        workflowTaskFinishEventId: point as never,
        reason: `Retried by ${actor}, ${mark}`,
        // The server takes a repetition of this call, by whomever, for the same reset.
        requestId: `retry-${currentRunId}`,
        // Replies that came later stand; whoever cancelled or resumed it meant the run as it was.
        resetReapplyExcludeTypes: [UPDATES, CANCEL_REQUESTS],
      }),
    );
    hint([{ workflowId, runId, historyLength: point, last: false }]);
    return { kind: 'accepted', workflowId, runId };
  }

  async function resume({ run, key }: ControlRequest): Promise<ControlResult> {
    const { workflowId, currentRunId } = run;
    try {
      const handle = client.workflow.getHandle(workflowId, currentRunId);
      const waitedFor = await soon(() => handle.executeUpdate(resumeUpdate, { updateId: `resume-${key}` }));
      return { kind: 'accepted', workflowId, runId: run.runId, waitedFor };
    } catch (error) {
      if (error instanceof WorkflowUpdateFailedError) {
        return refused('nothing-to-resume', error.cause?.message ?? 'It waits for nothing.');
      }
      if (error instanceof WorkflowNotFoundError) return refused('run-closed', 'It has ended.');
      // Nobody works on it just now.
      if (error instanceof WorkflowUpdateRPCTimeoutOrCancelledError) return { kind: 'unavailable' };
      throw error;
    }
  }

  async function rerun(request: ControlRequest): Promise<ControlResult> {
    const { run, key, actor, correlationId } = request;
    const workflowId = `${run.process}/rerun/${key}`;
    if (run.endedAt === null) return refused('run-open', 'It has not ended.');
    const [started] = await historyOf(run.workflowId, run.currentRunId);
    const before = (await decoder.first(started?.workflowExecutionStartedEventAttributes?.input)) as
      | RunStart
      | undefined;
    if (before === undefined) return GONE;
    const begin: RunStart = { ...before, correlationId, timing: settings.timing };
    try {
      const handle = await soon(() =>
        client.workflow.start(run.process, {
          workflowId,
          taskQueue: settings.temporal.taskQueue,
          args: [begin],
          workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
          ...runOptions(run.process, begin, { startedBy: actor, rerunOf: run.runId }),
          staticSummary: `${run.process} begun again by ${actor}`,
        }),
      );
      return { kind: 'accepted', workflowId, runId: handle.firstExecutionRunId };
    } catch (error) {
      if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
      const { runId } = await soon(() => client.workflow.getHandle(workflowId).describe());
      return { kind: 'existing', workflowId, runId };
    }
  }

  const answering =
    (act: (request: ControlRequest) => Promise<ControlResult>) =>
    async (request: ControlRequest): Promise<ControlResult> => {
      try {
        return (await guarded(() => act(request))) ?? { kind: 'unavailable' };
      } catch (error) {
        if (isMissing(error)) return GONE;
        throw error;
      }
    };
  return {
    // Of two at the same time, one opens a run and the other finds it.
    retry: answering((request) => options.alone(`retry ${request.run.workflowId}`, () => retry(request))),
    resume: answering(resume),
    rerun: answering(rerun),
  };
}

const isOpen = ({ status }: WorkflowExecutionDescription) =>
  status.name === 'RUNNING' || status.name === 'UNSPECIFIED';
