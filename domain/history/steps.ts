import type { HistoryEvent, LocalActivity, StepBegan, StepEnded } from './event.ts';
import { lineOf } from './outcome.ts';
import { FoldError, type StepFacts, type StepKind } from './state.ts';
import { storableText } from './storable.ts';

type Steps = readonly StepFacts[];

export interface NewStep {
  key: string;
  kind: StepKind;
  name: string;
  summary?: string | undefined;
  at: number;
  /** Place of the execution in the chain, and the event that opens the step. */
  place: number;
  event: number;
  outlives?: boolean;
}

/** Adds a step. Numbers follow the order in which the histories of the chain show the steps. */
export function openStep(steps: Steps, step: NewStep): Steps {
  const opened: StepFacts = {
    key: step.key,
    number: steps.length + 1,
    kind: step.kind,
    name: storableText(step.name),
    summary: step.summary === undefined ? null : storableText(step.summary),
    status: 'scheduled',
    attempts: 0,
    cause: null,
    scheduledAt: step.at,
    startedAt: null,
    endedAt: null,
    openedBy: { place: step.place, event: step.event },
    outlives: step.outlives ?? false,
  };
  return [...steps, opened];
}

const isOpen = (step: StepFacts) => step.endedAt === null;

function change(steps: Steps, index: number, by: Partial<StepFacts>): Steps {
  return steps.map((step, at) => (at === index ? { ...step, ...by } : step));
}

function find(steps: Steps, place: number, opened: number, event: number): [number, StepFacts] {
  const index = steps.findLastIndex(({ openedBy }) => openedBy.place === place && openedBy.event === opened);
  const step = steps[index];
  if (step === undefined) throw new FoldError(event, `belongs to event ${opened}, which opened no step`);
  if (!isOpen(step)) throw new FoldError(event, `belongs to event ${opened}, whose step is over`);
  return [index, step];
}

export function beginStep(steps: Steps, place: number, event: StepBegan & HistoryEvent): Steps {
  const [index, step] = find(steps, place, event.opened, event.id);
  return change(steps, index, {
    status: 'running',
    attempts: event.attempt,
    startedAt: step.startedAt ?? event.at,
  });
}

export function endStep(steps: Steps, place: number, event: StepEnded & HistoryEvent): Steps {
  const [index] = find(steps, place, event.opened, event.id);
  return change(steps, index, { status: event.as, cause: lineOf(event.failure), endedAt: event.at });
}

const LOCAL_END = { timeout: 'timed_out', cancelled: 'cancelled' } as const;

/** A local activity is over when it appears, so it is opened and ended at once. */
export function localStep(
  steps: Steps,
  key: string,
  place: number,
  event: LocalActivity & HistoryEvent,
): Steps {
  const { kind } = event.failure ?? {};
  const status =
    kind === undefined
      ? 'succeeded'
      : kind === 'timeout' || kind === 'cancelled'
        ? LOCAL_END[kind]
        : 'failed';
  // The two times come from different clocks; a step never ends before it was scheduled.
  const scheduledAt = Math.min(event.scheduledAt, event.at);
  const added = openStep(steps, {
    key,
    kind: 'local_activity',
    name: event.name,
    summary: event.summary,
    at: scheduledAt,
    place,
    event: event.id,
  });
  return change(added, steps.length, {
    status,
    attempts: event.attempt,
    cause: lineOf(event.failure),
    endedAt: Math.max(scheduledAt, Math.min(event.endedAt, event.at)),
  });
}

/** Opens a wait: it has begun as soon as it is there. */
export function openWait(steps: Steps, step: Omit<NewStep, 'kind'>): Steps {
  const added = openStep(steps, { ...step, kind: 'wait' });
  return change(added, steps.length, { status: 'running', startedAt: step.at });
}

/** Ends the open wait, if there is one, because what was waited for came. */
export function closeWait(steps: Steps, at: number): Steps {
  return steps.map((step) =>
    step.kind === 'wait' && isOpen(step) ? { ...step, status: 'succeeded', endedAt: at } : step,
  );
}

/**
 * Closes what is open when an execution ends, saying why. A child that was started to outlive the run
 * did what the run wanted of it. `keepWaits`: a wait goes on in the next execution.
 */
export function closeSteps(steps: Steps, at: number, why: string, keepWaits = false): Steps {
  return steps.map((step) => {
    if (!isOpen(step) || (keepWaits && step.kind === 'wait')) return step;
    if (step.outlives && step.startedAt !== null) {
      return { ...step, status: 'succeeded', cause: 'left running', endedAt: at };
    }
    return { ...step, status: 'cancelled', cause: why, endedAt: at };
  });
}
