import { describe, expect, it } from 'vitest';
import type { Failure, HistoryChange, HistoryEvent } from './event.ts';
import { foldAll } from './fold.ts';
import { activity, began, completed, ended, history, other, shows, started, T0, taken } from './testing.ts';

const steps = (events: HistoryEvent[]) => foldAll(events).steps;
const open = [started(), other, taken];
const application: Failure = { kind: 'application', type: 'Refused', message: 'no' };

describe('steps', () => {
  it('follow an activity through its attempts', () => {
    const scheduled = [...open, { ...activity('1'), summary: 'asks the CRM' } as HistoryChange];
    expect(steps(history(...scheduled))).toMatchObject([
      {
        key: 'run-a/activity/1',
        kind: 'activity',
        status: 'scheduled',
        attempts: 0,
        summary: 'asks the CRM',
        startedAt: null,
      },
    ]);
    expect(steps(history(...scheduled, began(4, 3), ended(4)))).toMatchObject([
      {
        status: 'succeeded',
        attempts: 3,
        cause: null,
        scheduledAt: T0 + 3_000,
        startedAt: T0 + 4_000,
        endedAt: T0 + 5_000,
      },
    ]);
  });

  it.each(['failed', 'timed_out', 'cancelled'] as const)('that %s say why', (as) => {
    const events = history(...open, activity('1'), {
      type: 'step_ended',
      opened: 4,
      as,
      failure: application,
    });
    expect(steps(events)).toMatchObject([{ status: as, cause: 'Refused: no' }]);
  });

  it('show a local activity once it is over, never ended before it was scheduled', () => {
    const local = (over: object): HistoryChange => ({
      type: 'local_activity',
      activityId: '7',
      name: 'store',
      attempt: 2,
      scheduledAt: T0 + 2_500,
      endedAt: T0 + 2_000,
      ...over,
    });
    expect(steps(history(...open, local({})))).toMatchObject([
      {
        key: 'run-a/activity/7',
        kind: 'local_activity',
        status: 'succeeded',
        attempts: 2,
        scheduledAt: T0 + 2_500,
        endedAt: T0 + 2_500,
      },
    ]);
    expect(steps(history(...open, local({ failure: application })))).toMatchObject([{ status: 'failed' }]);
    expect(steps(history(...open, local({ failure: { ...application, kind: 'timeout' } })))).toMatchObject([
      { status: 'timed_out' },
    ]);
    expect(steps(history(...open, local({ failure: { ...application, kind: 'cancelled' } })))).toMatchObject([
      { status: 'cancelled' },
    ]);
  });

  it('left open are closed with the run, and only a child meant to outlive it went well', () => {
    const child = (workflowId: string, outlives: boolean): HistoryChange => ({
      type: 'child_initiated',
      workflowId,
      name: 'push',
      outlives,
    });
    const events = history(
      ...open,
      child('a', true),
      child('b', false),
      child('c', true),
      began(4),
      began(5),
      { type: 'timer_started', timerId: '1', summary: 'a nap' },
      { type: 'signal_sent', workflowId: 'chat', name: 'done' },
      completed(),
    );
    expect(steps(events).map(({ kind, summary, status, cause }) => [kind, summary, status, cause])).toEqual([
      ['child', 'a', 'succeeded', 'left running'],
      ['child', 'b', 'cancelled', 'run completed'],
      ['child', 'c', 'cancelled', 'run completed'],
      ['timer', 'a nap', 'cancelled', 'run completed'],
      ['signal', 'chat', 'cancelled', 'run completed'],
    ]);
  });

  it('make one wait of an attribute that is set twice, and two of one that was cleared between', () => {
    const ask = shows('waiting_user', 'customer');
    expect(steps(history(...open, ask, ask))).toHaveLength(1);
    expect(steps(history(...open, ask, shows('running', null), ask)).map(({ status }) => status)).toEqual([
      'succeeded',
      'running',
    ]);
  });
});
