import type { Executor } from '../client.ts';
import { automationEvents } from '../schema/index.ts';

export interface EventToRecord {
  tenantId: string;
  /** Dotted name, area first: `send.unknown`. */
  eventType: string;
  subject: string;
  data: Record<string, unknown>;
  correlationId: string;
  actor?: string;
}

/** Notes an important happening for people and alarms. No user text. */
export async function recordEvent(db: Executor, event: EventToRecord): Promise<void> {
  await db.insert(automationEvents).values({ ...event, actor: event.actor ?? 'system' });
}
