import type { Loss, RunState, WaitingOn } from '../run.ts';

/** Why a run did not end by itself, or, while it is open, what keeps it from going on. */
export interface RunCause {
  type: string;
  message: string;
  /** Who ended it, where somebody did (a client identity). */
  by?: string;
}

export type StepKind = 'activity' | 'local_activity' | 'child' | 'wait' | 'timer' | 'signal';
export type StepStatus = 'scheduled' | 'running' | 'succeeded' | 'failed' | 'timed_out' | 'cancelled';

/** A run as its history tells it; a row of `process_runs`. Times in epoch milliseconds. */
export interface RunFacts {
  /** First execution of the chain. */
  runId: string;
  tenantId: string;
  workflowId: string;
  processId: string;
  status: RunState;
  waitingOn: WaitingOn | null;
  customerId: string | null;
  conversationId: string | null;
  correlationId: string;
  parentWorkflowId: string | null;
  details: string | null;
  input: unknown;
  output: unknown;
  losses: readonly Loss[];
  cause: RunCause | null;
  resetOf: string | null;
  rerunOf: string | null;
  /** Newest execution of the chain, its place (from 0), and the last of its events folded. */
  currentRunId: string;
  chainPlace: number;
  lastEventId: number;
  queuedAt: number;
  startedAt: number | null;
  endedAt: number | null;
}

/** Something a run did; a row of `process_run_steps`. Times in epoch milliseconds. */
export interface StepFacts {
  key: string;
  number: number;
  kind: StepKind;
  name: string;
  summary: string | null;
  status: StepStatus;
  attempts: number;
  cause: string | null;
  scheduledAt: number;
  startedAt: number | null;
  endedAt: number | null;
  /** How later events of its execution name it; no column. */
  openedBy: { place: number; event: number };
  /** A child that goes on when the run ends; no column. */
  outlives: boolean;
}

/** What the fold carries from event to event. Plain data: it may be stored and taken up again. */
export interface ChainState {
  run: RunFacts | null;
  steps: readonly StepFacts[];
  attributes: Readonly<Record<string, string | null>>;
  cancelRequest: { by?: string; reason?: string } | null;
  /** Execution that must follow, once the current one has ended without ending the run. */
  next: string | null;
}

export const emptyChain: ChainState = {
  run: null,
  steps: [],
  attributes: {},
  cancelRequest: null,
  next: null,
};

/** A history that no run can have: an event out of its place, or a state that may not follow. Never worth a retry. */
export class FoldError extends Error {
  readonly eventId: number;

  constructor(eventId: number, message: string) {
    super(`event ${eventId}: ${message}`);
    this.name = 'FoldError';
    this.eventId = eventId;
  }
}
