import type { RecordedEvent, RecordedHistory } from './corpus.ts';

/** What a replay's failure means, where it happened, and what to do about it. */
export function describeDivergence({ file, workflowType, history }: RecordedHistory, error: Error): string {
  const event = divergingEvent(history.events, error.message);
  const where = event ? `event ${event.eventId} (${event.eventType})` : 'an event that the SDK does not name';
  return [
    `${workflowType}: ${file} diverges at ${where}.`,
    error.message,
    "Runs begun by the code that wrote it would get stuck. Keep the old way for them: if (patched('what-changed'))" +
      ' the new way, else the old way; then record a history of the new one. See docs/add-a-process.md.',
  ].join('\n');
}

function divergingEvent(events: readonly RecordedEvent[], message: string): RecordedEvent | undefined {
  const id = /HistoryEvent\(id: (\d+)/.exec(message)?.[1];
  if (id !== undefined) return events.find((event) => event.eventId === id);
  // A local activity is named by its place among them; its marker is the event that shows it.
  const place = /LocalActivity\((\d+)\)/.exec(message)?.[1];
  return events.filter(isLocalActivity).find((event) => placeOf(event) === Number(place));
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
