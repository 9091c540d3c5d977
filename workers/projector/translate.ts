import proto, { type temporal } from '@temporalio/proto';
import type { HistoryChange, HistoryEvent, Reset } from '../../domain/history/event.ts';
import { type Decoder, millis, some } from './decode.ts';
import { localActivity } from './marker.ts';
import { childChange, signalChange, stepChange } from './translateSteps.ts';

type ServerEvent = temporal.api.history.v1.IHistoryEvent;

const OTHER: HistoryChange = { type: 'other' };
const { WorkflowTaskFailedCause } = proto.temporal.api.enums.v1;
/** A task that is only to be done again: something happened meanwhile, or its worker is gone. */
const HARMLESS: ReadonlySet<number> = new Set([
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_UNHANDLED_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_STICKY_TASK_QUEUE,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FORCE_CLOSE_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_FAILOVER_CLOSE_COMMAND,
  WorkflowTaskFailedCause.WORKFLOW_TASK_FAILED_CAUSE_RESET_WORKFLOW,
]);
const BY_CRON: temporal.api.enums.v1.ContinueAsNewInitiator = 3;

/** What the translation of one execution's events must know beyond the events. */
export interface Execution {
  workflowId: string;
  runId: string;
  /** Row of the execution whose history was copied into this one. */
  rowOf(baseRunId: string): Promise<string>;
}

async function started(event: ServerEvent, execution: Execution, decoder: Decoder): Promise<HistoryChange> {
  const from = event.workflowExecutionStartedEventAttributes;
  return {
    type: 'started',
    runId: execution.runId,
    workflowId: execution.workflowId,
    workflowType: from?.workflowType?.name ?? '',
    input: await decoder.first(from?.input),
    memo: await decoder.memo(from?.memo),
    attributes: decoder.attributes(from?.searchAttributes),
    ...some('parentWorkflowId', from?.parentWorkflowExecution?.workflowId),
    // A cron schedule starts a new run each time.
    ...(from?.initiator === BY_CRON ? {} : some('continuedFrom', from?.continuedExecutionRunId)),
  };
}

async function ending(event: ServerEvent, decoder: Decoder): Promise<HistoryChange | undefined> {
  const e = event;
  if (e.workflowExecutionCompletedEventAttributes) {
    const { result } = e.workflowExecutionCompletedEventAttributes;
    return { type: 'completed', result: await decoder.first(result) };
  }
  if (e.workflowExecutionFailedEventAttributes) {
    const { failure, newExecutionRunId } = e.workflowExecutionFailedEventAttributes;
    const why = await decoder.failure(failure);
    return { type: 'failed', ...(why ? { failure: why } : {}), ...some('next', newExecutionRunId) };
  }
  if (e.workflowExecutionTimedOutEventAttributes) {
    return {
      type: 'timed_out',
      ...some('next', e.workflowExecutionTimedOutEventAttributes.newExecutionRunId),
    };
  }
  if (e.workflowExecutionCanceledEventAttributes) return { type: 'cancelled' };
  if (e.workflowExecutionTerminatedEventAttributes) {
    const { identity, reason } = e.workflowExecutionTerminatedEventAttributes;
    return { type: 'terminated', ...some('by', identity), ...some('reason', reason) };
  }
  if (e.workflowExecutionContinuedAsNewEventAttributes) {
    return {
      type: 'continued',
      next: e.workflowExecutionContinuedAsNewEventAttributes.newExecutionRunId ?? '',
    };
  }
  return undefined;
}

async function runChange(
  event: ServerEvent,
  execution: Execution,
  decoder: Decoder,
): Promise<HistoryChange | undefined> {
  const e = event;
  if (e.workflowTaskStartedEventAttributes) return { type: 'task_started' };
  if (e.upsertWorkflowSearchAttributesEventAttributes) {
    const { searchAttributes } = e.upsertWorkflowSearchAttributesEventAttributes;
    return { type: 'attributes', values: decoder.attributes(searchAttributes) };
  }
  if (e.workflowPropertiesModifiedEventAttributes) {
    return {
      type: 'memo',
      values: await decoder.memo(e.workflowPropertiesModifiedEventAttributes.upsertedMemo),
    };
  }
  if (e.workflowExecutionCancelRequestedEventAttributes) {
    const { identity, cause, externalWorkflowExecution } = e.workflowExecutionCancelRequestedEventAttributes;
    const by = externalWorkflowExecution?.workflowId || identity;
    return { type: 'cancel_requested', ...some('by', by), ...some('reason', cause) };
  }
  // Only a reset's copy names a new run here.
  const task = e.workflowTaskFailedEventAttributes;
  if (task?.newRunId && task.baseRunId) {
    const resetOf =
      task.newRunId === execution.runId ? await execution.rowOf(task.baseRunId) : task.baseRunId;
    const reset: Reset = { type: 'reset', newRunId: task.newRunId, resetOf };
    return reset;
  }
  if (task && !HARMLESS.has(task.cause ?? 0)) {
    const why = await decoder.failure(task.failure);
    return { type: 'task_failed', message: why?.message ?? '' };
  }
  if (e.workflowTaskCompletedEventAttributes) return { type: 'task_done' };
  return undefined;
}

/** One event as the server tells it, in our own words. */
export async function translate(
  event: ServerEvent,
  execution: Execution,
  decoder: Decoder,
): Promise<HistoryEvent> {
  const change = event.workflowExecutionStartedEventAttributes
    ? await started(event, execution, decoder)
    : ((await stepChange(event, decoder)) ??
      (await localActivity(event, decoder)) ??
      (await childChange(event, decoder)) ??
      (await signalChange(event, decoder)) ??
      (await runChange(event, execution, decoder)) ??
      (await ending(event, decoder)) ??
      OTHER);
  return { ...change, id: Number(event.eventId), at: millis(event.eventTime) };
}
