export interface RecordedEvent {
  eventId: string;
  eventType: string;
  [attributes: string]: unknown;
}

export interface Divergence {
  workflowType: string;
  /** Of the history: its file, or the id of the workflow. */
  name: string;
  /** As the server's JSON has them. */
  events: readonly RecordedEvent[];
  /** As the replay gave it. */
  error: Error;
}

/** What to do about code that leaves a history. */
export const KEEP_BOTH_WAYS =
  "Keep the old way for them: if (patched('what-changed')) the new way, else the old way; then record a history" +
  ' of the new one. See docs/change-a-process.md.';

/** Where a history and the code part, in one line. */
export function whereItDiverges({ workflowType, name, events, error }: Divergence): string {
  const found = divergingEvents(events, error.message);
  const [event] = found;
  const ids = found.map(({ eventId }) => eventId).join(' or ');
  const where = event ? `event ${ids} (${event.eventType})` : 'an event that the SDK does not name';
  return `${workflowType}: ${name} diverges at ${where}.`;
}

/** How the code differs there, without what the SDK wraps it in. */
export const whatDiffers = ({ error }: Divergence): string =>
  /Nondeterminism error: ([^"]+)/.exec(error.message)?.[1] ?? error.message.split('\n')[0] ?? '';

/** What a replay's failure means, where it happened, and what to do about it. */
export function describeDivergence(divergence: Divergence): string {
  return [
    whereItDiverges(divergence),
    divergence.error.message,
    `Runs begun by the code that wrote it would get stuck. ${KEEP_BOTH_WAYS}`,
  ].join('\n');
}

/** More than one where the error says no more than what kind of step it was. */
function divergingEvents(events: readonly RecordedEvent[], message: string): RecordedEvent[] {
  const id = /HistoryEvent\(id: (\d+)/.exec(message)?.[1];
  if (id !== undefined) return events.filter((event) => event.eventId === id);
  // A local activity is named by its place among them; its marker is the event that shows it.
  const place = /LocalActivity\((\d+)\)/.exec(message)?.[1];
  if (place !== undefined) {
    return events.filter((event) => isLocalActivity(event) && placeOf(event) === Number(place));
  }
  const step = /event '([^']+)' does not match/.exec(message)?.[1];
  return step === undefined ? [] : events.filter((event) => typeOf(event) === step);
}

interface Typed {
  activityType?: { name?: string };
  workflowType?: { name?: string };
}

/** Type of the activity or child that this event has begun. */
function typeOf(event: RecordedEvent): string | undefined {
  const activity = event.activityTaskScheduledEventAttributes as Typed | undefined;
  const child = event.startChildWorkflowExecutionInitiatedEventAttributes as Typed | undefined;
  return activity?.activityType?.name ?? child?.workflowType?.name;
}

interface Marker {
  markerName?: string;
  details?: { data?: { payloads?: { data?: string }[] } };
}

const markerOf = (event: RecordedEvent) => event.markerRecordedEventAttributes as Marker | undefined;

const isLocalActivity = (event: RecordedEvent) => markerOf(event)?.markerName === 'core_local_activity';

function placeOf(event: RecordedEvent): number | undefined {
  const data = markerOf(event)?.details?.data?.payloads?.[0]?.data;
  if (data === undefined) return undefined;
  return (JSON.parse(Buffer.from(data, 'base64').toString()) as { seq?: number }).seq;
}
