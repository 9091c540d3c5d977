import {
  type Client,
  isGrpcServiceError,
  ServiceError,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { CancelResult, RunStarter, StartRequest, StartResult } from '../api/deps.ts';
import type { Settings } from '../config/settings.ts';
import {
  type RunStart,
  runMemo,
  runSearchAttributes,
  WORKFLOW_TASK_TIMEOUT,
} from '../workflows/kit/start.ts';
import type { Accounts } from './accounts.ts';

export interface StarterOptions {
  client: Client;
  settings: Settings;
  accounts: Accounts;
  onUnavailable?: (error: unknown) => void;
}

const ANSWER_MS = 5_000;
/** gRPC codes of an engine that may answer in a moment: cancelled, deadline, exhausted, aborted, unavailable. */
const PASSING = new Set<number>([1, 4, 8, 10, 14]);

/** Starts runs for callers of the API. The same workflow id is the same run, also after it has ended. */
export function createStarter({ client, settings, accounts, onUnavailable }: StarterOptions): RunStarter {
  const unavailable = (error: unknown): 'unavailable' => {
    // The client wraps what the connection says in an error of its own.
    const cause = error instanceof ServiceError ? error.cause : error;
    if (!isGrpcServiceError(cause) || !PASSING.has(cause.code)) throw error;
    onUnavailable?.(error);
    return 'unavailable';
  };
  /** A caller of the API hears of an outage before it gives up itself. */
  const soon = <T>(ask: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + ANSWER_MS, ask);

  /** The run that already has this id, if it was begun by the same request. */
  async function existing({ workflowId, fingerprint }: StartRequest): Promise<StartResult> {
    const { runId, memo } = await client.workflow.getHandle(workflowId).describe();
    return memo?.fingerprint === fingerprint ? { kind: 'existing', workflowId, runId } : { kind: 'conflict' };
  }

  async function start(request: StartRequest): Promise<StartResult> {
    const tenant = accounts.tenant(request.tenantId);
    const begin: RunStart = {
      input: request.input,
      tenantId: request.tenantId,
      tenantSlug: tenant.slug,
      locale: tenant.defaultLocale,
      country: tenant.country,
      correlationId: request.correlationId,
      messages: [],
      timing: settings.timing,
    };
    const handle = await client.workflow.start(request.process, {
      workflowId: request.workflowId,
      taskQueue: settings.temporal.taskQueue,
      args: [begin],
      workflowIdReusePolicy: WorkflowIdReusePolicy.REJECT_DUPLICATE,
      workflowTaskTimeout: WORKFLOW_TASK_TIMEOUT,
      memo: {
        ...runMemo(request.process, begin),
        fingerprint: request.fingerprint,
        startedBy: request.actor,
      },
      typedSearchAttributes: runSearchAttributes(request.process, begin),
      staticSummary: `${request.process} begun by ${request.actor}`,
    });
    return { kind: 'started', workflowId: request.workflowId, runId: handle.firstExecutionRunId };
  }

  return {
    async start(request) {
      try {
        return await soon(() => start(request));
      } catch (error) {
        if (!(error instanceof WorkflowExecutionAlreadyStartedError)) return { kind: unavailable(error) };
      }
      try {
        return await soon(() => existing(request));
      } catch (error) {
        return { kind: unavailable(error) };
      }
    },

    async cancel({ workflowId, firstRunId }): Promise<CancelResult> {
      try {
        const run = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: firstRunId });
        await soon(() => run.cancel());
        return 'requested';
      } catch (error) {
        if (error instanceof WorkflowNotFoundError) return 'closed';
        return unavailable(error);
      }
    },
  };
}
