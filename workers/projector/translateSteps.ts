import type { temporal } from '@temporalio/proto';
import type { HistoryChange, StepEnded } from '../../domain/history/event.ts';
import { type Decoder, some } from './decode.ts';

type ServerEvent = temporal.api.history.v1.IHistoryEvent;

const ABANDON: temporal.api.enums.v1.ParentClosePolicy = 2;

async function stepEnd(
  decoder: Decoder,
  opened: unknown,
  as: StepEnded['as'],
  failure?: temporal.api.failure.v1.IFailure | null,
): Promise<StepEnded> {
  const why = await decoder.failure(failure);
  return { type: 'step_ended', opened: Number(opened), as, ...(why ? { failure: why } : {}) };
}

const childEnd = (
  opened: unknown,
  as: StepEnded['as'],
  kind: 'timeout' | 'terminated' | 'other',
  message: string,
): StepEnded => ({
  type: 'step_ended',
  opened: Number(opened),
  as,
  failure: { kind, type: kind === 'other' ? 'not started' : kind, message },
});

/** Activities and timers. */
export async function stepChange(event: ServerEvent, decoder: Decoder): Promise<HistoryChange | undefined> {
  const e = event;
  if (e.activityTaskScheduledEventAttributes) {
    const { activityId, activityType } = e.activityTaskScheduledEventAttributes;
    const summary = some('summary', await decoder.summary(e.userMetadata));
    return {
      type: 'activity_scheduled',
      activityId: activityId ?? '',
      name: activityType?.name ?? '',
      ...summary,
    };
  }
  if (e.activityTaskStartedEventAttributes) {
    const { scheduledEventId, attempt } = e.activityTaskStartedEventAttributes;
    return { type: 'step_began', opened: Number(scheduledEventId), attempt: attempt ?? 1 };
  }
  if (e.activityTaskCompletedEventAttributes) {
    return stepEnd(decoder, e.activityTaskCompletedEventAttributes.scheduledEventId, 'succeeded');
  }
  if (e.activityTaskFailedEventAttributes) {
    const { scheduledEventId, failure } = e.activityTaskFailedEventAttributes;
    return stepEnd(decoder, scheduledEventId, 'failed', failure);
  }
  if (e.activityTaskTimedOutEventAttributes) {
    const { scheduledEventId, failure } = e.activityTaskTimedOutEventAttributes;
    return stepEnd(decoder, scheduledEventId, 'timed_out', failure);
  }
  if (e.activityTaskCanceledEventAttributes) {
    return stepEnd(decoder, e.activityTaskCanceledEventAttributes.scheduledEventId, 'cancelled');
  }
  if (e.timerStartedEventAttributes) {
    const summary = some('summary', await decoder.summary(e.userMetadata));
    return { type: 'timer_started', timerId: e.timerStartedEventAttributes.timerId ?? '', ...summary };
  }
  if (e.timerFiredEventAttributes)
    return stepEnd(decoder, e.timerFiredEventAttributes.startedEventId, 'succeeded');
  if (e.timerCanceledEventAttributes)
    return stepEnd(decoder, e.timerCanceledEventAttributes.startedEventId, 'cancelled');
  return undefined;
}

/** Children, from the parent's side. */
export async function childChange(event: ServerEvent, decoder: Decoder): Promise<HistoryChange | undefined> {
  const e = event;
  if (e.startChildWorkflowExecutionInitiatedEventAttributes) {
    const child = e.startChildWorkflowExecutionInitiatedEventAttributes;
    return {
      type: 'child_initiated',
      workflowId: child.workflowId ?? '',
      name: child.workflowType?.name ?? '',
      outlives: child.parentClosePolicy === ABANDON,
      ...some('summary', await decoder.summary(e.userMetadata)),
    };
  }
  if (e.startChildWorkflowExecutionFailedEventAttributes) {
    const { initiatedEventId } = e.startChildWorkflowExecutionFailedEventAttributes;
    return childEnd(
      initiatedEventId,
      'failed',
      'other',
      'a workflow with this id exists, or the namespace does not',
    );
  }
  if (e.childWorkflowExecutionStartedEventAttributes) {
    const opened = Number(e.childWorkflowExecutionStartedEventAttributes.initiatedEventId);
    return { type: 'step_began', opened, attempt: 1 };
  }
  if (e.childWorkflowExecutionCompletedEventAttributes) {
    return stepEnd(decoder, e.childWorkflowExecutionCompletedEventAttributes.initiatedEventId, 'succeeded');
  }
  if (e.childWorkflowExecutionFailedEventAttributes) {
    const { initiatedEventId, failure } = e.childWorkflowExecutionFailedEventAttributes;
    return stepEnd(decoder, initiatedEventId, 'failed', failure);
  }
  if (e.childWorkflowExecutionCanceledEventAttributes) {
    return stepEnd(decoder, e.childWorkflowExecutionCanceledEventAttributes.initiatedEventId, 'cancelled');
  }
  if (e.childWorkflowExecutionTimedOutEventAttributes) {
    const { initiatedEventId } = e.childWorkflowExecutionTimedOutEventAttributes;
    return childEnd(initiatedEventId, 'timed_out', 'timeout', 'the time for the child was up');
  }
  if (e.childWorkflowExecutionTerminatedEventAttributes) {
    const { initiatedEventId } = e.childWorkflowExecutionTerminatedEventAttributes;
    return childEnd(initiatedEventId, 'failed', 'terminated', 'the child was terminated');
  }
  return undefined;
}

/** Signals that the workflow sends. */
export async function signalChange(event: ServerEvent, decoder: Decoder): Promise<HistoryChange | undefined> {
  const e = event;
  if (e.signalExternalWorkflowExecutionInitiatedEventAttributes) {
    const sent = e.signalExternalWorkflowExecutionInitiatedEventAttributes;
    return {
      type: 'signal_sent',
      name: sent.signalName ?? '',
      workflowId: sent.workflowExecution?.workflowId ?? '',
    };
  }
  if (e.externalWorkflowExecutionSignaledEventAttributes) {
    return stepEnd(decoder, e.externalWorkflowExecutionSignaledEventAttributes.initiatedEventId, 'succeeded');
  }
  if (e.signalExternalWorkflowExecutionFailedEventAttributes) {
    const { initiatedEventId } = e.signalExternalWorkflowExecutionFailedEventAttributes;
    return childEnd(initiatedEventId, 'failed', 'other', 'no open workflow with this id');
  }
  return undefined;
}
