/** What became of the histories of a person. */
export interface HistoriesDeleted {
  deleted: number;
  /** Still open, or not yet seen to be closed: worth another look. */
  left: number;
  /** The engine does not let this installation delete. */
  refused: boolean;
}

/** The engine's side of being forgotten. Implemented over the Temporal client. */
export interface Histories {
  /** Asks a run to end, or ends it where it stands. One that is gone already is fine. */
  end(workflowId: string, how: 'cancel' | 'terminate'): Promise<void>;
  /** Makes an open conversation begin anew; returns the execution that ends by that, if there is one. */
  renew(conversationId: string): Promise<string | undefined>;
  /** Every execution that the engine lists under these workflow ids. */
  executions(
    workflowIds: readonly string[],
  ): Promise<{ workflowId: string; runId: string; startedAt: Date }[]>;
  /** Deletes the history of an execution, unless it is open. */
  remove(workflowId: string, runId: string): Promise<'deleted' | 'gone' | 'open' | 'refused'>;
}
