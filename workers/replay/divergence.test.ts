import { describe, expect, it } from 'vitest';
import { type RecordedEvent, whatDiffers, whereItDiverges } from './divergence.ts';

const scheduled = (eventId: string, name: string): RecordedEvent => ({
  eventId,
  eventType: 'EVENT_TYPE_ACTIVITY_TASK_SCHEDULED',
  activityTaskScheduledEventAttributes: { activityType: { name } },
});
const events = [scheduled('5', 'extractLead'), scheduled('9', 'send'), scheduled('14', 'send')];
const diverging = (message: string) => ({
  workflowType: 'lead',
  name: 'lead/1',
  events,
  error: new Error(message),
});
/** As the SDK words it, around the core's own message. */
const wrapped = (inner: string) =>
  `Replay failed with a nondeterminism error. Details: Failure { message: "[TMPRL1100] Nondeterminism error: ${inner}", source: "" }`;
const otherActivity = (name: string) =>
  `Activity type of scheduled event '${name}' does not match activity type of activity command 'think'`;

describe('a divergence', () => {
  it('names the event by its id, where the SDK gives it', () => {
    const divergence = diverging(wrapped('Timer machine does not handle HistoryEvent(id: 9, Timer)'));
    expect(whereItDiverges(divergence)).toBe(
      'lead: lead/1 diverges at event 9 (EVENT_TYPE_ACTIVITY_TASK_SCHEDULED).',
    );
  });

  it('finds the event by its step, and every one that it may be', () => {
    const one = diverging(wrapped(otherActivity('extractLead')));
    expect(whereItDiverges(one)).toContain('at event 5 (EVENT_TYPE_ACTIVITY_TASK_SCHEDULED)');
    expect(whatDiffers(one)).toBe(otherActivity('extractLead'));
    expect(whereItDiverges(diverging(wrapped(otherActivity('send'))))).toContain('at event 9 or 14 (');
  });

  it('admits that it does not know where', () => {
    const unknown = diverging('Failed to initialize workflow of type lead\n    at some line');
    expect(whereItDiverges(unknown)).toContain('an event that the SDK does not name');
    expect(whatDiffers(unknown)).toBe('Failed to initialize workflow of type lead');
  });
});
