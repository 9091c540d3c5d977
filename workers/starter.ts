import {
  type Client,
  WorkflowExecutionAlreadyStartedError,
  WorkflowIdReusePolicy,
  WorkflowNotFoundError,
} from '@temporalio/client';
import type { CancelResult, RunStarter, StartRequest, StartResult } from '../api/deps.ts';
import type { Settings } from '../config/settings.ts';
import { type RunStart, runOptions } from '../workflows/kit/start.ts';
import type { Accounts } from './accounts.ts';
import { createAsking } from './asking.ts';

export interface StarterOptions {
  client: Client;
  settings: Settings;
  accounts: Accounts;
  onUnavailable?: (error: unknown) => void;
}

/** Starts runs for callers of the API. The same workflow id is the same run, also after it has ended. */
export function createStarter({ client, settings, accounts, onUnavailable }: StarterOptions): RunStarter {
  const { soon, guarded } = createAsking(client, onUnavailable);

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
      ...runOptions(request.process, begin, {
        fingerprint: request.fingerprint,
        startedBy: request.actor,
      }),
      staticSummary: `${request.process} begun by ${request.actor}`,
    });
    return { kind: 'started', workflowId: request.workflowId, runId: handle.firstExecutionRunId };
  }

  return {
    async start(request) {
      const answer = await guarded(async () => {
        try {
          return await soon(() => start(request));
        } catch (error) {
          if (!(error instanceof WorkflowExecutionAlreadyStartedError)) throw error;
          return await soon(() => existing(request));
        }
      });
      return answer ?? { kind: 'unavailable' };
    },

    async cancel({ workflowId, firstRunId, currentRunId }): Promise<CancelResult> {
      const newest = client.workflow.getHandle(workflowId, currentRunId);
      // Should the run have continued as new meanwhile. A retried run keeps the first run id of the one before it.
      const later = client.workflow.getHandle(workflowId, undefined, { firstExecutionRunId: firstRunId });
      for (const run of [newest, later]) {
        try {
          const asked = await guarded(() => soon(() => run.cancel()).then(() => 'requested' as const));
          return asked ?? 'unavailable';
        } catch (error) {
          if (!(error instanceof WorkflowNotFoundError)) throw error;
        }
      }
      return 'closed';
    },
  };
}
