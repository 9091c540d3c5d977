import { describe, expect, it } from 'vitest';
import type { Failure, HistoryChange, HistoryEvent } from './event.ts';
import { foldAll } from './fold.ts';
import { FoldError } from './state.ts';
import { activity, completed, ended, history, other, shows, started, T0, taken } from './testing.ts';

const run = (events: HistoryEvent[]) => {
  const { run: folded } = foldAll(events);
  if (folded === null) throw new Error('no run');
  return folded;
};
const steps = (events: HistoryEvent[]) => foldAll(events).steps;
const open = [started(), other, taken];
const application: Failure = { kind: 'application', type: 'Refused', message: 'no' };

describe('the state of a run', () => {
  it('is queued until its first workflow task is taken up', () => {
    expect(run(history(started(), other))).toMatchObject({ status: 'queued', startedAt: null, queuedAt: T0 });
    expect(run(history(...open))).toMatchObject({ status: 'running', startedAt: T0 + 2_000, endedAt: null });
  });

  it.each(['customer', 'manager'])('is waiting_user for the %s', (on) => {
    expect(run(history(...open, shows('waiting_user', on)))).toMatchObject({
      status: 'waiting_user',
      waitingOn: on,
    });
  });

  it.each(['provider', 'timer'])('stays running while the %s is waited for', (on) => {
    expect(run(history(...open, shows('running', on)))).toMatchObject({ status: 'running', waitingOn: on });
  });

  it('does not claim to wait for a person when nobody is named', () => {
    expect(run(history(...open, shows('waiting_user', null)))).toMatchObject({
      status: 'running',
      waitingOn: null,
    });
    expect(run(history(...open, shows('running', 'customer')))).toMatchObject({
      status: 'running',
      waitingOn: null,
    });
  });

  it('goes on when the wait is cleared, also straight into the next wait', () => {
    const asked = [...open, shows('waiting_user', 'customer')];
    expect(run(history(...asked, shows('running', null)))).toMatchObject({
      status: 'running',
      waitingOn: null,
    });
    expect(run(history(...asked, shows('running', 'provider')))).toMatchObject({ waitingOn: 'provider' });
    expect(run(history(...asked, shows('waiting_user', 'manager')))).toMatchObject({ waitingOn: 'manager' });
  });

  it('is not ended by an attribute that says so', () => {
    expect(run(history(...open, shows('succeeded', null)))).toMatchObject({
      status: 'running',
      endedAt: null,
    });
  });

  it('keeps what it is doing in words, and forgets it when told', () => {
    const doing = { type: 'memo', values: { details: 'asks for the phone' } } as const;
    expect(run(history(...open, doing)).details).toBe('asks for the phone');
    expect(run(history(...open, doing, { type: 'memo', values: { details: null } })).details).toBeNull();
    expect(run(history(...open, doing, { type: 'memo', values: { other: 1 } })).details).toBe(
      'asks for the phone',
    );
  });
});

describe('the end of a run', () => {
  it('is what its result says', () => {
    const losses = [{ missing: 'crm', instead: 'owed' }];
    expect(
      run(history(...open, completed({ outcome: 'succeeded', losses: [], output: { id: 7 } }))),
    ).toMatchObject({
      status: 'succeeded',
      output: { id: 7 },
      losses: [],
      cause: null,
      endedAt: T0 + 3_000,
    });
    expect(run(history(...open, completed({ outcome: 'degraded', losses, output: null })))).toMatchObject({
      status: 'degraded',
      losses,
      output: null,
    });
  });

  it.each([[null], [undefined], [42], [{ outcome: 'lost' }], [{ outcome: 'degraded', losses: ['x'] }]])(
    'is a success with a result of another shape: %j',
    (result) => {
      expect(run(history(...open, completed(result)))).toMatchObject({
        status: 'succeeded',
        losses: [],
        output: result ?? null,
      });
    },
  );

  it('names the outermost error of a program and what caused it', () => {
    const failed = (failure?: Failure): HistoryChange => ({
      type: 'failed',
      ...(failure ? { failure } : {}),
    });
    const wrapped: Failure = {
      kind: 'activity',
      type: 'activity failed',
      message: 'Activity task failed',
      cause: application,
    };
    expect(run(history(...open, failed(wrapped)))).toMatchObject({
      status: 'failed',
      cause: { type: 'Refused', message: 'no' },
    });
    expect(
      run(
        history(
          ...open,
          failed({ ...application, cause: { kind: 'other', type: 'Error', message: 'ECONNRESET' } }),
        ),
      ).cause,
    ).toEqual({ type: 'Refused', message: 'no (caused by Error: ECONNRESET)' });
    const late: Failure = { ...wrapped, cause: { kind: 'timeout', type: 'timeout', message: 'too late' } };
    expect(run(history(...open, failed(late))).cause).toEqual({ type: 'timeout', message: 'too late' });
    expect(run(history(...open, failed())).cause).toEqual({ type: 'unknown', message: '' });
  });

  it('tells who cancelled and why, or that nobody is known', () => {
    const asked: HistoryChange = { type: 'cancel_requested', by: 'anna', reason: 'changed her mind' };
    expect(run(history(...open, asked, { type: 'cancelled' }))).toMatchObject({
      status: 'cancelled',
      cause: { type: 'cancelled', message: 'changed her mind', by: 'anna' },
    });
    expect(run(history(...open, { type: 'cancelled' })).cause).toEqual({ type: 'cancelled', message: '' });
    expect(run(history(...open, asked, completed())).status).toBe('succeeded');
  });

  it('is failed when somebody terminated it or its time was up, and cancelled when it was reset', () => {
    expect(run(history(...open, { type: 'terminated', by: 'ops', reason: 'stuck' }))).toMatchObject({
      status: 'failed',
      cause: { type: 'terminated', message: 'stuck', by: 'ops' },
    });
    expect(run(history(...open, { type: 'timed_out' }))).toMatchObject({
      status: 'failed',
      cause: { type: 'timed out' },
    });
    expect(
      run(history(...open, { type: 'terminated', by: 'history-resetter', reason: 'again' })),
    ).toMatchObject({
      status: 'cancelled',
      cause: { type: 'reset', message: 'again' },
    });
  });

  it('may come before any worker took the run up', () => {
    expect(run(history(started(), other, { type: 'terminated' }))).toMatchObject({
      status: 'failed',
      startedAt: null,
    });
  });

  it('leaves no wait behind', () => {
    const asked = [...open, shows('waiting_user', 'customer')];
    expect(run(history(...asked, completed()))).toMatchObject({ status: 'succeeded', waitingOn: null });
    expect(steps(history(...asked, { type: 'terminated' }))).toMatchObject([
      { kind: 'wait', status: 'cancelled', cause: 'run was terminated', endedAt: T0 + 4_000 },
    ]);
  });
});

describe('a chain of executions', () => {
  const first = (last: HistoryChange) => history(...open, activity('1'), last);
  const second = (...changes: HistoryChange[]) =>
    history(
      started({ runId: 'run-b', continuedFrom: 'run-a', input: { input: 'second' } }),
      other,
      taken,
      ...changes,
    );

  it('is one run: it keeps its start and input, and is never queued again', () => {
    const before = first({ type: 'continued', next: 'run-b' });
    expect(run(before)).toMatchObject({ status: 'running', endedAt: null });
    expect(run([...before, ...second().slice(0, 1)])).toMatchObject({
      runId: 'run-a',
      currentRunId: 'run-b',
      chainPlace: 1,
      lastEventId: 1,
      status: 'running',
      input: { word: 'hello' },
      queuedAt: T0,
    });
    const all = [...before, ...second(activity('1'), ended(4), completed())];
    expect(run(all)).toMatchObject({ status: 'succeeded', chainPlace: 1 });
    expect(steps(all).map(({ key, number, status }) => [key, number, status])).toEqual([
      ['run-a/activity/1', 1, 'cancelled'],
      ['run-b/activity/1', 2, 'succeeded'],
    ]);
  });

  it('goes over a failure or a timeout that the server tries again', () => {
    for (const type of ['failed', 'timed_out'] as const) {
      expect(run([...first({ type, next: 'run-b' }), ...second(completed())])).toMatchObject({
        status: 'succeeded',
        cause: null,
        chainPlace: 1,
      });
      expect(run(first({ type })).status).toBe('failed');
    }
  });

  it('carries an open wait over to the next execution, and ends it when that does not wait', () => {
    const waiting = history(...open, shows('waiting_user', 'customer'), { type: 'continued', next: 'run-b' });
    const attributes = { RunState: 'waiting_user', WaitingOn: 'customer' };
    const carried = [...waiting, ...history(started({ runId: 'run-b', attributes }), other, taken)];
    expect(run(carried)).toMatchObject({ status: 'waiting_user', waitingOn: 'customer' });
    expect(steps(carried)).toMatchObject([{ kind: 'wait', endedAt: null }]);

    const dropped = [...waiting, ...second()];
    expect(run(dropped)).toMatchObject({ status: 'running', waitingOn: null });
    expect(steps(dropped)).toMatchObject([{ kind: 'wait', status: 'succeeded' }]);
  });

  it('refuses an execution that is not the next one', () => {
    const stray = history(started({ runId: 'run-x' }));
    expect(() => foldAll([...first({ type: 'continued', next: 'run-b' }), ...stray])).toThrow(FoldError);
  });
});

describe('a reset', () => {
  const copied = (newRunId: string): HistoryChange => ({ type: 'reset', newRunId, resetOf: 'run-a' });

  it('makes the copy a run of its own that names the one it came from', () => {
    expect(run(history(started({ runId: 'run-b' }), other, taken, copied('run-b')))).toMatchObject({
      runId: 'run-b',
      resetOf: 'run-a',
      chainPlace: 0,
      status: 'running',
    });
  });

  it('of which the history still tells from before counts no more', () => {
    expect(run(history(started({ runId: 'run-c' }), other, taken, copied('run-b'))).resetOf).toBeNull();
  });
});

describe('a run whose code fails', () => {
  const failed: HistoryChange = { type: 'task_failed', message: 'TypeError: x is not a function' };
  const done: HistoryChange = { type: 'task_done' };

  it('shows the cause while it does not go on, and no longer', () => {
    const stuck = foldAll(history(started(), other, taken, failed));
    expect(stuck.run).toMatchObject({
      status: 'running',
      cause: { type: 'workflow task failed', message: 'TypeError: x is not a function' },
    });
    const onward = foldAll(history(started(), other, taken, failed, other, taken, done));
    expect(onward.run).toMatchObject({ status: 'running', cause: null });
    const ended = foldAll(history(started(), other, taken, failed, other, taken, done, completed()));
    expect(ended.run).toMatchObject({ status: 'succeeded', cause: null });
  });
});
