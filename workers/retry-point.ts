import type { temporal } from '@temporalio/proto';

type ServerEvent = temporal.api.history.v1.IHistoryEvent;
type Failure = temporal.api.failure.v1.IFailure;

const idOf = (value: { toString(): string } | number | null | undefined): number => Number(value ?? 0);

/**
 * The workflow task that a run which has ended is taken back to, so that what failed is tried again: the one that
 * began the failed step. What came before it stays as it is. Where no step failed it is the last one that
 * preceded the end (or the request to cancel), so that the same code, mended meanwhile, decides anew. A run
 * that ended degraded goes back to the first step that failed, and has no such point where none did.
 * Undefined also for a run that never got to work.
 */
export function retryPoint(events: readonly ServerEvent[]): number | undefined {
  const last = events.at(-1);
  if (last?.workflowExecutionCompletedEventAttributes) return firstFailedStep(events);
  if (last?.workflowExecutionCanceledEventAttributes) {
    const asked = events.findLastIndex((event) => event.workflowExecutionCancelRequestedEventAttributes);
    return lastTask(asked < 0 ? events : events.slice(0, asked));
  }
  const failure = last?.workflowExecutionFailedEventAttributes?.failure;
  return (failure && beganAt(events, failedStep(failure))) ?? lastTask(events);
}

const lastTask = (events: readonly ServerEvent[]): number | undefined => {
  const task = events.findLast((event) => event.workflowTaskCompletedEventAttributes);
  return task && idOf(task.eventId);
};

/** Event that scheduled the step whose failure the workflow threw; 0 where it was none, or a local activity. */
function failedStep(failure: Failure): number {
  const own =
    failure.activityFailureInfo?.scheduledEventId ??
    failure.childWorkflowExecutionFailureInfo?.initiatedEventId;
  if (idOf(own) > 0) return idOf(own);
  return failure.cause ? failedStep(failure.cause) : 0;
}

/** The workflow task that gave the command of a step. */
function beganAt(events: readonly ServerEvent[], stepId: number): number | undefined {
  const step = events.find((event) => idOf(event.eventId) === stepId);
  const task =
    step?.activityTaskScheduledEventAttributes?.workflowTaskCompletedEventId ??
    step?.startChildWorkflowExecutionInitiatedEventAttributes?.workflowTaskCompletedEventId;
  return task == null ? undefined : idOf(task);
}

/** Of the steps that failed for good, the one begun first. */
function firstFailedStep(events: readonly ServerEvent[]): number | undefined {
  const tasks = events.flatMap((event) => {
    const failed =
      event.activityTaskFailedEventAttributes?.scheduledEventId ??
      event.activityTaskTimedOutEventAttributes?.scheduledEventId ??
      event.childWorkflowExecutionFailedEventAttributes?.initiatedEventId;
    if (failed != null) return beganAt(events, idOf(failed)) ?? [];
    const marker = event.markerRecordedEventAttributes;
    return marker?.failure ? idOf(marker.workflowTaskCompletedEventId) : [];
  });
  return tasks.length === 0 ? undefined : Math.min(...tasks);
}
