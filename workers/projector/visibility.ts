import type { WorkflowService } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import { createDecoder, millis } from './decode.ts';

/** A run's execution as visibility lists it: late by seconds, so only good for comparing. */
export interface Listed {
  workflowId: string;
  runId: string;
  open: boolean;
  /** Ended, but its run goes on in another execution. */
  continued: boolean;
  /** Number of events; visibility knows it of closed executions only. */
  historyLength: number;
  runState: string | null;
  waitingOn: string | null;
  /** Epoch milliseconds; undefined while it is open. */
  closedAt: number | undefined;
}

export interface RunQuery {
  /** Task queues of this installation; all of the namespace where none is named. */
  taskQueues?: readonly string[] | undefined;
  /** Slug of a tenant. */
  tenant?: string | undefined;
  open?: boolean;
  closedSince?: Date | undefined;
  /** At or before. The server lists what closed last first. */
  closedBefore?: Date | undefined;
  startedSince?: Date | undefined;
}

const RUNNING: temporal.api.enums.v1.WorkflowExecutionStatus = 1;
const CONTINUED: temporal.api.enums.v1.WorkflowExecutionStatus = 6;

const quote = (value: string) => `'${value.replaceAll("'", "''")}'`;

/** The visibility query that lists runs. Conversations have no process and are not among them. */
export function runQuery(query: RunQuery): string {
  const { taskQueues, tenant, open, closedSince, closedBefore, startedSince } = query;
  const parts = ['Process IS NOT NULL'];
  if (taskQueues && taskQueues.length > 0) parts.push(`TaskQueue IN (${taskQueues.map(quote).join(', ')})`);
  if (tenant !== undefined) parts.push(`Tenant = ${quote(tenant)}`);
  if (open !== undefined) parts.push(`ExecutionStatus ${open ? '=' : '!='} 'Running'`);
  if (closedSince !== undefined) parts.push(`CloseTime >= ${quote(closedSince.toISOString())}`);
  if (closedBefore !== undefined) parts.push(`CloseTime <= ${quote(closedBefore.toISOString())}`);
  if (startedSince !== undefined) parts.push(`StartTime >= ${quote(startedSince.toISOString())}`);
  return parts.join(' AND ');
}

/** Lists runs page by page. Rejects with the server's errors. */
export function createRunLister(source: {
  service: WorkflowService;
  namespace: string;
  dataConverter: LoadedDataConverter;
  pageSize?: number;
}) {
  const { service, namespace, pageSize = 200 } = source;
  const decoder = createDecoder(source.dataConverter);

  return async function* list(query: RunQuery): AsyncGenerator<Listed[]> {
    let nextPageToken: Uint8Array | undefined;
    do {
      const page: temporal.api.workflowservice.v1.IListWorkflowExecutionsResponse =
        await service.listWorkflowExecutions({
          namespace,
          pageSize,
          query: runQuery(query),
          ...(nextPageToken ? { nextPageToken } : {}),
        });
      yield (page.executions ?? []).map((info) => {
        const { RunState = null, WaitingOn = null } = decoder.attributes(info.searchAttributes);
        return {
          workflowId: info.execution?.workflowId ?? '',
          runId: info.execution?.runId ?? '',
          open: info.status === RUNNING,
          continued: info.status === CONTINUED,
          historyLength: Number(info.historyLength ?? 0),
          runState: RunState,
          waitingOn: WaitingOn,
          closedAt: info.closeTime ? millis(info.closeTime) : undefined,
        };
      });
      nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
    } while (nextPageToken);
  };
}

export type ListRuns = ReturnType<typeof createRunLister>;
