/** Why something failed, as deep as the history tells it. */
export interface Failure {
  kind: 'application' | 'timeout' | 'cancelled' | 'terminated' | 'activity' | 'child' | 'server' | 'other';
  /** Type of an application failure, otherwise a name for the kind. */
  type: string;
  message: string;
  cause?: Failure;
}

/** First event of an execution. What the payloads held is already decoded. */
export interface Started {
  type: 'started';
  /** This execution. After a reset it is not the one that the copied event names. */
  runId: string;
  workflowId: string;
  workflowType: string;
  /** First argument of the workflow. */
  input: unknown;
  memo: Readonly<Record<string, unknown>>;
  attributes: Readonly<Record<string, string | null>>;
  parentWorkflowId?: string;
  /** The execution that this one goes on from (continue-as-new or workflow retry). */
  continuedFrom?: string;
}

export interface Attributes {
  type: 'attributes';
  /** Null clears one. */
  values: Readonly<Record<string, string | null>>;
}

export interface Memo {
  type: 'memo';
  values: Readonly<Record<string, unknown>>;
}

/** This history was copied from another execution up to here. */
export interface Reset {
  type: 'reset';
  newRunId: string;
  /** Row of the execution whose history was copied. */
  resetOf: string;
}

export interface ActivityScheduled {
  type: 'activity_scheduled';
  activityId: string;
  name: string;
  summary?: string;
}

export interface ChildInitiated {
  type: 'child_initiated';
  workflowId: string;
  name: string;
  summary?: string;
  /** It goes on when this run ends. */
  outlives: boolean;
}

export interface TimerStarted {
  type: 'timer_started';
  timerId: string;
  summary?: string;
}

export interface SignalSent {
  type: 'signal_sent';
  workflowId: string;
  name: string;
}

/** An activity, child, timer or outgoing signal began; `opened` is the event that opened the step. */
export interface StepBegan {
  type: 'step_began';
  opened: number;
  attempt: number;
}

export interface StepEnded {
  type: 'step_ended';
  opened: number;
  as: 'succeeded' | 'failed' | 'timed_out' | 'cancelled';
  failure?: Failure;
}

/** A local activity appears only once it is over. Times in epoch milliseconds. */
export interface LocalActivity {
  type: 'local_activity';
  activityId: string;
  name: string;
  summary?: string;
  attempt: number;
  scheduledAt: number;
  endedAt: number;
  failure?: Failure;
}

export interface CancelRequested {
  type: 'cancel_requested';
  by?: string;
  reason?: string;
}

export interface Completed {
  type: 'completed';
  result: unknown;
}

export interface Failed {
  type: 'failed';
  failure?: Failure;
  /** The execution that tries again. */
  next?: string;
}

export interface TimedOut {
  type: 'timed_out';
  next?: string;
}

export interface Terminated {
  type: 'terminated';
  by?: string;
  reason?: string;
}

export interface Continued {
  type: 'continued';
  next: string;
}

/** The code of the workflow could not go on from here: a mistake, or a change that this history does not fit. */
export interface TaskFailed {
  type: 'task_failed';
  message: string;
}

export interface Plain {
  /**
   * First workflow task taken up; one was done; the run is cancelled; or an event that says nothing about the run.
   */
  type: 'task_started' | 'task_done' | 'cancelled' | 'other';
}

export type HistoryChange =
  | Started
  | Attributes
  | Memo
  | Reset
  | ActivityScheduled
  | ChildInitiated
  | TimerStarted
  | SignalSent
  | StepBegan
  | StepEnded
  | LocalActivity
  | CancelRequested
  | Completed
  | Failed
  | TimedOut
  | Terminated
  | Continued
  | TaskFailed
  | Plain;

/** One event of a workflow history in our own words: event id, time in epoch milliseconds, what happened. */
export type HistoryEvent = HistoryChange & { id: number; at: number };
