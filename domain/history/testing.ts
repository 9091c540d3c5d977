import type { HistoryChange, HistoryEvent, Started } from './event.ts';

/** Builds histories for tests of the fold: numbers the events and lets a second pass between two of them. */
export const T0 = Date.UTC(2026, 0, 31, 9);
export const TENANT = '0190a000-0000-7000-8000-000000000001';

export const started = (over: Partial<Started> = {}): Started => ({
  type: 'started',
  runId: 'run-a',
  workflowId: 'lead/1',
  workflowType: 'lead',
  input: { input: { word: 'hello' } },
  memo: { tenantId: TENANT, process: 'lead', correlationId: 'c-1' },
  attributes: { Tenant: 'default', Process: 'lead', RunState: 'running' },
  ...over,
});

/** One execution's events, numbered from 1. */
export function history(...changes: HistoryChange[]): HistoryEvent[] {
  return changes.map((change, index) => ({ ...change, id: index + 1, at: T0 + index * 1_000 }));
}

export const taken: HistoryChange = { type: 'task_started' };
export const other: HistoryChange = { type: 'other' };
export const activity = (activityId: string, name = 'work'): HistoryChange => ({
  type: 'activity_scheduled',
  activityId,
  name,
});
export const began = (opened: number, attempt = 1): HistoryChange => ({
  type: 'step_began',
  opened,
  attempt,
});
export const ended = (opened: number, as: 'succeeded' | 'failed' = 'succeeded'): HistoryChange => ({
  type: 'step_ended',
  opened,
  as,
});
export const shows = (RunState: string, WaitingOn: string | null): HistoryChange => ({
  type: 'attributes',
  values: { RunState, WaitingOn },
});
export const completed = (result: unknown = null): HistoryChange => ({ type: 'completed', result });
