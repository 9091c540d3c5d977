import type { WorkflowService } from '@temporalio/client';
import { isGrpcServiceError } from '@temporalio/client';
import type { LoadedDataConverter } from '@temporalio/common';
import type { temporal } from '@temporalio/proto';
import type { HistoryEvent } from '../../domain/history/event.ts';
import { createDecoder } from './decode.ts';
import { type Execution, translate } from './translate.ts';

type ServerEvent = temporal.api.history.v1.IHistoryEvent;

const NOT_FOUND = 5;

export interface HistorySource {
  service: WorkflowService;
  namespace: string;
  dataConverter: LoadedDataConverter;
  /** Called once a request to the server. */
  onRequest?: () => void;
}

/** One execution as the server has it. */
export interface ExecutionHistory {
  runId: string;
  /** Business process, where the execution is a run. */
  process: string | null;
  /** Number of events, as workers count them. */
  length: number;
  closed: boolean;
  /** The execution before this one in its chain; undefined at the start of a chain. */
  continuedFrom?: string;
  /** The execution after this one. */
  next?: string;
  events: HistoryEvent[];
}

const isClosing = ({ type }: HistoryEvent) =>
  ['completed', 'failed', 'timed_out', 'cancelled', 'terminated', 'continued'].includes(type);

/** A workflow task that is tried again is shown at the end of an open history before it is written there. */
function written(events: ServerEvent[]): ServerEvent[] {
  const last = events.findLastIndex((event) => event.workflowTaskScheduledEventAttributes);
  const attempt = events[last]?.workflowTaskScheduledEventAttributes?.attempt ?? 1;
  const trailing = events.slice(last + 1).every((event) => event.workflowTaskStartedEventAttributes);
  return attempt > 1 && trailing ? events.slice(0, last) : events;
}

export const isNotFound = (error: unknown): boolean => isGrpcServiceError(error) && error.code === NOT_FOUND;

/** Reads histories and tells them in our own words. Rejects with the server's errors; a history that is gone is undefined. */
export function createHistoryReader(source: HistorySource) {
  const { service, namespace } = source;
  const decoder = createDecoder(source.dataConverter);

  async function fetch(workflowId: string, runId: string): Promise<ServerEvent[] | undefined> {
    const events: ServerEvent[] = [];
    let nextPageToken: Uint8Array | undefined;
    try {
      do {
        source.onRequest?.();
        const page: temporal.api.workflowservice.v1.IGetWorkflowExecutionHistoryResponse =
          await service.getWorkflowExecutionHistory({
            namespace,
            execution: { workflowId, runId },
            ...(nextPageToken ? { nextPageToken } : {}),
          });
        events.push(...(page.history?.events ?? []));
        nextPageToken = page.nextPageToken?.length ? page.nextPageToken : undefined;
      } while (nextPageToken);
    } catch (error) {
      if (isNotFound(error)) return undefined;
      throw error;
    }
    return events.length === 0 ? undefined : written(events);
  }

  /** Row of an execution that was reset: where its chain starts. */
  async function rowOf(workflowId: string, copied: ServerEvent[], baseRunId: string): Promise<string> {
    const first = copied[0]?.workflowExecutionStartedEventAttributes;
    const wasReset = copied.some((event) => event.workflowTaskFailedEventAttributes?.newRunId === baseRunId);
    if (!first?.continuedExecutionRunId || wasReset) return baseRunId;
    let row = first.continuedExecutionRunId;
    for (;;) {
      const before = await read(workflowId, row);
      // The oldest histories may be gone; the server still knows where the chain began.
      if (before === undefined) return first.firstExecutionRunId || row;
      if (before.continuedFrom === undefined) return row;
      row = before.continuedFrom;
    }
  }

  async function read(workflowId: string, runId: string): Promise<ExecutionHistory | undefined> {
    const raw = await fetch(workflowId, runId);
    if (raw === undefined) return undefined;
    const execution: Execution = { workflowId, runId, rowOf: (base) => rowOf(workflowId, raw, base) };
    const events: HistoryEvent[] = [];
    for (const event of raw) events.push(await translate(event, execution, decoder));
    const [first] = events;
    const last = events.at(-1);
    if (first?.type !== 'started' || last === undefined) {
      throw new Error(`the history of ${workflowId} ${runId} does not begin with its start`);
    }
    const wasReset = events.some((event) => event.type === 'reset' && event.newRunId === runId);
    const next = 'next' in last ? last.next : undefined;
    return {
      runId,
      process: first.attributes.Process ?? null,
      length: last.id,
      closed: isClosing(last),
      ...(first.continuedFrom === undefined || wasReset ? {} : { continuedFrom: first.continuedFrom }),
      ...(next === undefined ? {} : { next }),
      events,
    };
  }

  return { read };
}

export type HistoryReader = ReturnType<typeof createHistoryReader>;
