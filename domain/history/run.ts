import type { RunState, WaitingOn } from '../run.ts';
import type { HistoryEvent, Memo, Started } from './event.ts';
import { type ChainState, FoldError, type RunCause, type RunFacts } from './state.ts';
import { closeSteps, closeWait, openWait } from './steps.ts';
import { storableId, storableJson, storableText } from './storable.ts';
import { mayFollow } from './transitions.ts';

/** Moves the run to a state, if the table of transitions lets it. */
export function move(run: RunFacts, to: RunState, eventId: number): RunFacts {
  if (!mayFollow(run.status, to))
    throw new FoldError(eventId, `a run that is ${run.status} cannot become ${to}`);
  return { ...run, status: to };
}

const text = (value: unknown): string | null =>
  typeof value === 'string' && value !== '' ? storableText(value) : null;

function inputOf(argument: unknown): unknown {
  const wrapped = typeof argument === 'object' && argument !== null && 'input' in argument;
  return wrapped ? storableJson(argument.input) : null;
}

function firstExecution(event: Started & HistoryEvent): RunFacts {
  const { memo, attributes } = event;
  const tenantId = storableId(memo.tenantId);
  if (tenantId === null) throw new FoldError(event.id, 'a run without a tenant in its memo');
  return {
    runId: event.runId,
    tenantId,
    workflowId: event.workflowId,
    processId: text(memo.process) ?? attributes.Process ?? event.workflowType,
    status: 'queued',
    waitingOn: null,
    customerId: storableId(memo.customerId),
    conversationId: storableId(memo.conversationId),
    correlationId: text(memo.correlationId) ?? event.workflowId,
    parentWorkflowId: event.parentWorkflowId ?? null,
    details: text(memo.details),
    input: inputOf(event.input),
    output: null,
    losses: [],
    cause: null,
    resetOf: null,
    rerunOf: storableId(memo.rerunOf),
    currentRunId: event.runId,
    chainPlace: 0,
    lastEventId: event.id,
    queuedAt: event.at,
    startedAt: null,
    endedAt: null,
  };
}

/** The first event of an execution: of the run, or of the next link of its chain, which never queues the run again. */
export function start(state: ChainState, event: Started & HistoryEvent): ChainState {
  const { run } = state;
  if (run === null) return { ...state, run: firstExecution(event), attributes: event.attributes };
  if (state.next !== event.runId) {
    throw new FoldError(event.id, `execution ${event.runId} does not follow ${run.currentRunId}`);
  }
  return waits(
    {
      ...state,
      run: {
        ...run,
        currentRunId: event.runId,
        chainPlace: run.chainPlace + 1,
        details: text(event.memo.details) ?? run.details,
      },
      attributes: event.attributes,
      cancelRequest: null,
      next: null,
    },
    event,
  );
}

export function memo(run: RunFacts, event: Memo): RunFacts {
  return 'details' in event.values ? { ...run, details: text(event.values.details) } : run;
}

/** The first workflow task taken up starts the run. */
export function taken(state: ChainState, event: HistoryEvent): ChainState {
  const { run } = state;
  if (run === null || run.status !== 'queued') return state;
  return waits({ ...state, run: { ...move(run, 'running', event.id), startedAt: event.at } }, event);
}

function waitOf(attributes: ChainState['attributes']): { status: RunState; waitingOn: WaitingOn | null } {
  const { RunState: state, WaitingOn: on } = attributes;
  if (state === 'waiting_user' && (on === 'customer' || on === 'manager')) {
    return { status: 'waiting_user', waitingOn: on };
  }
  const idle = state === 'running' && (on === 'provider' || on === 'timer');
  return { status: 'running', waitingOn: idle ? on : null };
}

/** Brings state and wait step in line with the search attributes by which the workflow shows what it waits for. */
export function waits(state: ChainState, event: HistoryEvent): ChainState {
  const { run } = state;
  if (run === null || run.status === 'queued') return state;
  const { status, waitingOn } = waitOf(state.attributes);
  if (run.waitingOn === waitingOn) return state;
  let steps = run.waitingOn === null ? state.steps : closeWait(state.steps, event.at);
  if (waitingOn !== null) {
    steps = openWait(steps, {
      key: `${run.currentRunId}/event/${event.id}`,
      name: waitingOn,
      at: event.at,
      place: run.chainPlace,
      event: event.id,
    });
  }
  const moved = run.status === status ? run : move(run, status, event.id);
  return { ...state, run: { ...moved, waitingOn }, steps };
}

export interface End {
  state: RunState;
  /** How the execution ended, for the steps left open. */
  how: string;
  cause?: RunCause;
  output?: unknown;
  losses?: RunFacts['losses'];
}

/** Ends the run, and with it whatever it left open. */
export function end(state: ChainState, run: RunFacts, event: HistoryEvent, by: End): ChainState {
  return {
    ...state,
    run: {
      ...move(run, by.state, event.id),
      waitingOn: null,
      cause: by.cause ?? null,
      output: by.output ?? null,
      losses: by.losses ?? [],
      endedAt: event.at,
    },
    steps: closeSteps(state.steps, event.at, `run ${by.how}`),
  };
}

/** Ends an execution whose run goes on in the next one. */
export function handOver(
  state: ChainState,
  event: HistoryEvent,
  next: string,
  how: 'continued as new' | 'is tried again',
): ChainState {
  return {
    ...state,
    // A wait is carried over with the search attributes; a workflow that is tried again begins without.
    steps: closeSteps(state.steps, event.at, `run ${how}`, how === 'continued as new'),
    run: state.run === null || how === 'continued as new' ? state.run : unwaited(state.run, event),
    next,
  };
}

function unwaited(run: RunFacts, event: HistoryEvent): RunFacts {
  const moved = run.status === 'waiting_user' ? move(run, 'running', event.id) : run;
  return { ...moved, waitingOn: null };
}
