import type { HistoryEvent } from './event.ts';
import { causeOf, outcomeOf } from './outcome.ts';
import { end, handOver, memo, start, taken, waits } from './run.ts';
import { type ChainState, emptyChain, FoldError, type RunFacts } from './state.ts';
import { beginStep, endStep, localStep, openStep } from './steps.ts';
import { storableText } from './storable.ts';
import { isFinal } from './transitions.ts';

/** Whom the server names when a reset ends an open execution. */
const RESETTER = 'history-resetter';

function expectInPlace(state: ChainState, event: HistoryEvent): void {
  const { run } = state;
  if (run !== null && isFinal(run.status)) throw new FoldError(event.id, `after the run ended ${run.status}`);
  const expected = run === null || state.next !== null ? 1 : run.lastEventId + 1;
  if (event.id !== expected) throw new FoldError(event.id, `comes where event ${expected} belongs`);
  if ((event.type === 'started') !== (expected === 1)) {
    throw new FoldError(event.id, `${event.type} is not where an execution starts`);
  }
}

const optional = <K extends string>(key: K, value: string | undefined) =>
  value === undefined ? {} : ({ [key]: storableText(value) } as Record<K, string>);

function opened(state: ChainState, run: RunFacts, event: HistoryEvent): ChainState {
  const at = { at: event.at, place: run.chainPlace, event: event.id };
  const key = `${run.currentRunId}/event/${event.id}`;
  switch (event.type) {
    case 'activity_scheduled': {
      const { name, summary } = event;
      const activity = `${run.currentRunId}/activity/${event.activityId}`;
      return {
        ...state,
        steps: openStep(state.steps, { ...at, key: activity, kind: 'activity', name, summary }),
      };
    }
    case 'child_initiated': {
      const { name, outlives } = event;
      const summary = event.summary ?? event.workflowId;
      return {
        ...state,
        steps: openStep(state.steps, { ...at, key, kind: 'child', name, summary, outlives }),
      };
    }
    case 'timer_started':
      return {
        ...state,
        steps: openStep(state.steps, { ...at, key, kind: 'timer', name: 'timer', summary: event.summary }),
      };
    case 'signal_sent': {
      const { name, workflowId: summary } = event;
      return { ...state, steps: openStep(state.steps, { ...at, key, kind: 'signal', name, summary }) };
    }
    case 'local_activity': {
      const activity = `${run.currentRunId}/activity/${event.activityId}`;
      return { ...state, steps: localStep(state.steps, activity, run.chainPlace, event) };
    }
    default:
      return state;
  }
}

function ended(state: ChainState, run: RunFacts, event: HistoryEvent): ChainState {
  switch (event.type) {
    case 'completed': {
      const { outcome, losses, output } = outcomeOf(event.result);
      return end(state, run, event, { state: outcome, how: 'completed', losses, output });
    }
    case 'failed':
      return event.next === undefined
        ? end(state, run, event, { state: 'failed', how: 'failed', cause: causeOf(event.failure) })
        : handOver(state, event, event.next, 'is tried again');
    case 'timed_out': {
      if (event.next !== undefined) return handOver(state, event, event.next, 'is tried again');
      const cause = { type: 'timed out', message: 'the time for this run was up' };
      return end(state, run, event, { state: 'failed', how: 'timed out', cause });
    }
    case 'terminated': {
      const reset = event.by === RESETTER;
      return end(state, run, event, {
        state: reset ? 'cancelled' : 'failed',
        how: reset ? 'was reset' : 'was terminated',
        cause: {
          type: reset ? 'reset' : 'terminated',
          message: storableText(event.reason ?? ''),
          ...optional('by', event.by),
        },
      });
    }
    case 'cancelled':
      return end(state, run, event, {
        state: 'cancelled',
        how: 'was cancelled',
        cause: {
          type: 'cancelled',
          message: storableText(state.cancelRequest?.reason ?? ''),
          ...optional('by', state.cancelRequest?.by),
        },
      });
    case 'continued':
      return handOver(state, event, event.next, 'continued as new');
    default:
      return state;
  }
}

function changed(state: ChainState, run: RunFacts, event: HistoryEvent): ChainState {
  switch (event.type) {
    case 'task_started':
      return taken(state, event);
    case 'task_failed':
      return {
        ...state,
        run: { ...run, cause: { type: 'workflow task failed', message: storableText(event.message) } },
      };
    case 'task_done':
      return run.cause === null ? state : { ...state, run: { ...run, cause: null } };
    case 'attributes':
      return waits({ ...state, attributes: { ...state.attributes, ...event.values } }, event);
    case 'memo':
      return { ...state, run: memo(run, event) };
    case 'reset':
      return event.newRunId === run.currentRunId
        ? { ...state, run: { ...run, resetOf: event.resetOf } }
        : state;
    case 'step_began':
      return { ...state, steps: beginStep(state.steps, run.chainPlace, event) };
    case 'step_ended':
      return { ...state, steps: endStep(state.steps, run.chainPlace, event) };
    case 'cancel_requested':
      return {
        ...state,
        cancelRequest: { ...optional('by', event.by), ...optional('reason', event.reason) },
      };
    default:
      return state;
  }
}

/**
 * Folds one event of a chain of executions into the run and its steps. Pure: the same events give the same
 * state, byte for byte, however they are cut into reads. Throws `FoldError`, with the event's id, on an event
 * out of its place and on a state that may not follow.
 */
export function fold(state: ChainState, event: HistoryEvent): ChainState {
  expectInPlace(state, event);
  let folded = state;
  if (event.type === 'started') folded = start(state, event);
  else if (state.run !== null) {
    folded = [changed, opened, ended].reduce<ChainState>(
      (before, part) => (before.run === null ? before : part(before, before.run, event)),
      state,
    );
  }
  return folded.run === null ? folded : { ...folded, run: { ...folded.run, lastEventId: event.id } };
}

/** Folds events, from the beginning of a chain or onto what an earlier read gave. */
export function foldAll(events: Iterable<HistoryEvent>, from: ChainState = emptyChain): ChainState {
  let state = from;
  for (const event of events) state = fold(state, event);
  return state;
}
