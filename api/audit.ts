import type { Context } from 'hono';
import type { EventToRecord } from '../db/queries/events.ts';
import type { AppEnv } from './deps.ts';
import { API_ACTOR } from './routes/actor.ts';

/**
 * The trace of a change that a client of the API asked for: who, what, and under which correlation id. Hand it to
 * the statement that makes the change, to be recorded in its transaction; to `events.record` where the
 * change is made elsewhere. No user text in `data`.
 */
export const byClient = (
  c: Context<AppEnv>,
  event: Pick<EventToRecord, 'tenantId' | 'eventType' | 'subject' | 'data'>,
): EventToRecord => ({ ...event, correlationId: c.get('requestId'), actor: API_ACTOR });
