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
  /** Commands that the code gave until then, the last one last, where the bundle tells them. */
  given?: readonly GivenCommand[];
}

export interface GivenCommand {
  /** Activity, type of child or signal; empty for a timer. */
  name: string;
  /** File and line of the code that gave it, innermost first. */
  places: readonly string[];
}

/** What to do about code that leaves a history. */
export const KEEP_BOTH_WAYS =
  "Keep the old way for them: if (patched('what-changed')) the new way, else the old way; then record a history" +
  ' of the new one. See docs/change-a-process.md.';

/** Where a history and the code part, in one line. */
export function whereItDiverges(divergence: Divergence): string {
  const { workflowType, name, events, error } = divergence;
  const found = divergingEvents(events, error.message);
  const [event] = found;
  const ids = found.map(({ eventId }) => eventId).join(' or ');
  const where = event ? `event ${ids} (${event.eventType})` : 'an event that the SDK does not name';
  return `${workflowType}: ${name} diverges at ${where}${byWhichCode(divergence)}.`;
}

const IN_KIT = /workflows\/kit\//;

/** The line that gave the command which the history does not have, or the last one that gave one it has. */
function byWhichCode({ given = [], error }: Divergence): string {
  const wrong = /(?:activity command|child workflow command|signal command) '([^']+)'/.exec(
    error.message,
  )?.[1];
  const command = given.findLast(({ name }) => wrong === undefined || name === wrong);
  const [first] = command?.places ?? [];
  if (command === undefined || first === undefined) return '';
  // What the kit does for a process is told by the line of the process.
  const own = command.places.find((place) => !IN_KIT.test(place));
  const lines = own === undefined || own === first ? first : `${own} (${first})`;
  return wrong === undefined ? `, behind ${lines}` : `, by ${lines}`;
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
