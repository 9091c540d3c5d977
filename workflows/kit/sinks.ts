import type { Sinks } from '@temporalio/workflow';

/**
 * How a run tells the projector that its history is about to grow. The call leaves the worker before
 * the server has written the events of this workflow task, and it may be lost: it is only a hint.
 */
export interface ProjectionSinks extends Sinks {
  projection: {
    /** `last`: the run (or this execution of it) ends with this workflow task. */
    changed(last: boolean): void;
  };
}
