import { proxySinks, setCurrentDetails, upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import type { RunState, WaitingOn } from '../../domain/run.ts';
import type { ProjectionSinks } from './sinks.ts';
import { RUN_STATE, WAITING_ON } from './start.ts';

const { projection } = proxySinks<ProjectionSinks>();

/**
 * What a run says about itself in its own history: the projection folds it, and ops read and filter it
 * in the Temporal UI. Each call costs an event, so there is one per change that a person would want to see.
 */
export class Status {
  #waiting: WaitingOn | undefined;

  started(): void {
    projection.changed(false);
  }

  /** Words for the Temporal UI; no event. */
  progress(details: string): void {
    setCurrentDetails(details);
  }

  waiting(on: WaitingOn, details: string): void {
    this.#waiting = on;
    const person = on === 'customer' || on === 'manager';
    upsertSearchAttributes([
      { key: RUN_STATE, value: (person ? 'waiting_user' : 'running') satisfies RunState },
      { key: WAITING_ON, value: on },
    ]);
    upsertMemo({ details });
    setCurrentDetails(details);
    projection.changed(false);
  }

  resumed(): void {
    if (this.#waiting === undefined) return;
    this.#waiting = undefined;
    upsertSearchAttributes([
      { key: RUN_STATE, value: 'running' satisfies RunState },
      { key: WAITING_ON, value: null },
    ]);
    projection.changed(false);
  }

  ended(state: RunState): void {
    upsertSearchAttributes([
      { key: RUN_STATE, value: state },
      ...(this.#waiting === undefined ? [] : [{ key: WAITING_ON, value: null }]),
    ]);
    projection.changed(true);
  }
}
