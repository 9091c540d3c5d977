import type { temporal } from '@temporalio/proto';
import { z } from 'zod';
import type { HistoryChange } from '../../domain/history/event.ts';
import { type Decoder, millis } from './decode.ts';

/** How the SDK marks a finished local activity. */
const MARKER = 'core_local_activity';
const time = z.object({ seconds: z.number(), nanos: z.number() });
const markerData = z.object({
  attempt: z.number(),
  activity_id: z.string(),
  activity_type: z.string(),
  complete_time: time.nullish(),
  original_schedule_time: time.nullish(),
});

/** A local activity, if the event is the marker of one. A marker of another shape says nothing. */
export async function localActivity(
  event: temporal.api.history.v1.IHistoryEvent,
  decoder: Decoder,
): Promise<HistoryChange | undefined> {
  const marker = event.markerRecordedEventAttributes;
  if (marker?.markerName !== MARKER) return undefined;
  const parsed = markerData.safeParse(await decoder.first(marker.details?.data));
  if (!parsed.success) return undefined;
  const { attempt, activity_id, activity_type, complete_time, original_schedule_time } = parsed.data;
  const at = millis(event.eventTime);
  const failure = await decoder.failure(marker.failure);
  const summary = await decoder.summary(event.userMetadata);
  return {
    type: 'local_activity',
    activityId: activity_id,
    name: activity_type,
    attempt,
    scheduledAt: original_schedule_time ? millis(original_schedule_time) : at,
    endedAt: complete_time ? millis(complete_time) : at,
    ...(summary === undefined ? {} : { summary }),
    ...(failure === undefined ? {} : { failure }),
  };
}
