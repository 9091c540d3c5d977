import type { temporal } from '@temporalio/proto';
import { expect, it } from 'vitest';
import { retryPoint } from './retry-point.ts';

type ServerEvent = temporal.api.history.v1.IHistoryEvent;

/** Numbers events as the server does. */
const history = (...events: ServerEvent[]): ServerEvent[] =>
  events.map((event, index) => ({ ...event, eventId: (index + 1) as never }));

const id = (number: number) => number as never;
const started: ServerEvent = { workflowExecutionStartedEventAttributes: {} };
const scheduled: ServerEvent = { workflowTaskScheduledEventAttributes: {} };
const begun: ServerEvent = { workflowTaskStartedEventAttributes: {} };
const decided: ServerEvent = { workflowTaskCompletedEventAttributes: {} };
const task = [scheduled, begun, decided];
const step = (by: number): ServerEvent => ({
  activityTaskScheduledEventAttributes: { workflowTaskCompletedEventId: id(by) },
});
const stepFailed = (which: number): ServerEvent => ({
  activityTaskFailedEventAttributes: { scheduledEventId: id(which) },
});
const stepDone = (which: number): ServerEvent => ({
  activityTaskCompletedEventAttributes: { scheduledEventId: id(which) },
});
const failedBy = (failure: object): ServerEvent => ({ workflowExecutionFailedEventAttributes: { failure } });
const completed: ServerEvent = { workflowExecutionCompletedEventAttributes: {} };
const cancelAsked: ServerEvent = { workflowExecutionCancelRequestedEventAttributes: {} };
const cancelled: ServerEvent = { workflowExecutionCanceledEventAttributes: {} };

it('a failed run goes back to the task that began the step whose failure it threw', () => {
  const events = history(
    started,
    ...task,
    step(4),
    stepFailed(5),
    ...task,
    step(9),
    stepFailed(10),
    ...task,
    failedBy({ activityFailureInfo: { scheduledEventId: 10 } }),
  );
  expect(retryPoint(events)).toBe(9);
  const wrapped = failedBy({ cause: { activityFailureInfo: { scheduledEventId: 5 } } });
  expect(retryPoint([...events.slice(0, -1), wrapped])).toBe(4);
});

it('a run that failed by its own code goes back to its last task', () => {
  expect(retryPoint(history(started, ...task, step(4), stepDone(5), ...task, failedBy({})))).toBe(9);
});

it('a cancelled run goes back to the task before somebody asked', () => {
  expect(retryPoint(history(started, ...task, step(4), cancelAsked, ...task, cancelled))).toBe(4);
});

it('a run that was ended from outside goes back to its last task', () => {
  const terminated = { workflowExecutionTerminatedEventAttributes: {} };
  expect(retryPoint(history(started, ...task, step(4), terminated))).toBe(4);
});

it('a degraded run goes back to the first step that failed, and nowhere when none did', () => {
  const failing = [started, ...task, step(4), stepFailed(5), ...task, step(9), stepFailed(10), ...task];
  expect(retryPoint(history(...failing, completed))).toBe(4);
  expect(retryPoint(history(started, ...task, step(4), stepDone(5), ...task, completed))).toBeUndefined();
  const local: ServerEvent = {
    markerRecordedEventAttributes: { failure: {}, workflowTaskCompletedEventId: id(4) },
  };
  expect(retryPoint(history(started, ...task, local, ...task, completed))).toBe(4);
});

it('a run that never got to work has no such point', () => {
  const events = history(started, scheduled, { workflowExecutionTimedOutEventAttributes: {} });
  expect(retryPoint(events)).toBeUndefined();
});
