import { describe, expect, it } from 'vitest';
import type { Failure, HistoryChange, HistoryEvent } from './event.ts';
import { foldAll } from './fold.ts';
import { type ChainState, FoldError } from './state.ts';
import {
  activity,
  began,
  completed,
  ended,
  history,
  other,
  shows,
  started,
  T0,
  TENANT,
  taken,
} from './testing.ts';

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

describe('what cannot be', () => {
  const impossible = (events: HistoryEvent[]): number => {
    try {
      foldAll(events);
    } catch (error) {
      if (error instanceof FoldError) return error.eventId;
      throw error;
    }
    throw new Error('folded');
  };

  it('is refused with the number of the event', () => {
    const events = history(...open, other, completed(), other);
    expect(impossible(events)).toBe(6);
    expect(impossible(events.filter(({ id }) => id !== 4))).toBe(5);
    expect(impossible([...events.slice(0, 3), ...events.slice(2, 3)])).toBe(3);
    expect(impossible(events.slice(1))).toBe(2);
    expect(impossible(history(...open, started()))).toBe(4);
    expect(impossible(history(...open, ended(2)))).toBe(4);
    expect(impossible(history(...open, activity('1'), ended(4), ended(4)))).toBe(6);
    expect(impossible(history(started({ memo: {} })))).toBe(1);
  });

  it('includes a success of a run that never ran', () => {
    expect(impossible(history(started(), completed()))).toBe(2);
  });
});

describe('what users write', () => {
  it('is stored without what PostgreSQL refuses, and cannot name ids', () => {
    const hostile = history(
      started({
        input: { input: { 'a\0': ['x\0y', '\ud83d', Number.POSITIVE_INFINITY, undefined] } },
        memo: { tenantId: TENANT.toUpperCase(), customerId: "'; drop", details: 'x'.repeat(9_000) },
      }),
    );
    const folded = run(hostile);
    expect(folded.input).toEqual({ 'a\u{FFFD}': ['x\u{FFFD}y', '\u{FFFD}', null, null] });
    expect(folded).toMatchObject({
      tenantId: TENANT,
      customerId: null,
      correlationId: 'lead/1',
      processId: 'lead',
    });
    expect(folded.details).toHaveLength(2_000);
  });
});

describe('folding in parts', () => {
  /** A small generator with a seed, so that a failure can be repeated. */
  const random = (seed: number) => () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return seed / 4_294_967_296;
  };

  /** A possible chain of executions: steps open and close in any order, waits come and go. */
  function anyChain(seed: number): HistoryEvent[] {
    const next = random(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
    const links = 1 + Math.floor(next() * 3);
    return Array.from({ length: links }, (_, link) => {
      const changes: HistoryChange[] = [started({ runId: `run-${link}` }), other, taken];
      const running: number[] = [];
      for (let left = Math.floor(next() * 25); left > 0; left -= 1) {
        const kind = pick([
          'activity',
          'end',
          'begin',
          'wait',
          'go',
          'memo',
          'local',
          'child',
          'other',
        ] as const);
        const opened = pick(running);
        if (kind === 'activity' || kind === 'child') {
          running.push(changes.length + 1);
          changes.push(
            kind === 'activity'
              ? activity(String(changes.length))
              : { type: 'child_initiated', workflowId: 'w', name: 'n', outlives: next() < 0.5 },
          );
        } else if (kind === 'end' && opened !== undefined) {
          running.splice(running.indexOf(opened), 1);
          changes.push(ended(opened, pick(['succeeded', 'failed'])));
        } else if (kind === 'begin' && opened !== undefined) changes.push(began(opened, 2));
        else if (kind === 'wait')
          changes.push(shows(pick(['waiting_user', 'running']), pick(['customer', 'provider', null])));
        else if (kind === 'go') changes.push(shows('running', null));
        else if (kind === 'memo') changes.push({ type: 'memo', values: { details: `at ${changes.length}` } });
        else if (kind === 'local')
          changes.push({
            type: 'local_activity',
            activityId: `l${changes.length}`,
            name: 'l',
            attempt: 1,
            scheduledAt: T0,
            endedAt: T0,
          });
        else changes.push(other);
      }
      changes.push(
        link + 1 < links
          ? { type: 'continued', next: `run-${link + 1}` }
          : completed({ outcome: 'succeeded', losses: [], output: seed }),
      );
      return history(...changes);
    }).flat();
  }

  const frozen = (state: ChainState): ChainState => {
    const freeze = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      Object.freeze(value);
      Object.values(value).forEach(freeze);
    };
    freeze(state);
    return state;
  };

  it('gives the same as folding at once, also when the state was stored between, and changes nothing it was given', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const events = anyChain(seed);
      const whole = JSON.stringify(foldAll(events));
      for (let cut = 0; cut <= events.length; cut += 1) {
        const before = frozen(foldAll(events.slice(0, cut)));
        expect(JSON.stringify(foldAll(events.slice(cut), before)), `seed ${seed} cut ${cut}`).toBe(whole);
        const revived = JSON.parse(JSON.stringify(before)) as ChainState;
        expect(JSON.stringify(foldAll(events.slice(cut), revived)), `seed ${seed} cut ${cut} stored`).toBe(
          whole,
        );
      }
    }
  });

  it('keeps the numbers of steps, and ends with every step closed', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const events = anyChain(seed);
      const all = foldAll(events).steps;
      expect(all.every(({ endedAt }) => endedAt !== null)).toBe(true);
      expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
      for (let cut = 0; cut <= events.length; cut += 1) {
        const early = foldAll(events.slice(0, cut)).steps;
        expect(early.map(({ key }) => key)).toEqual(all.slice(0, early.length).map(({ key }) => key));
      }
    }
  });
});
