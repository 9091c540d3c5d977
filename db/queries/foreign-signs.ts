import { sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { alarms, automationEvents } from '../schema/index.ts';

/** Whether somebody else was seen to use a channel's account within this time: its webhook led elsewhere. */
export async function foreignSigns(
  db: Executor,
  { tenantId, channel }: { tenantId: string; channel: string },
  withinMs: number,
): Promise<boolean> {
  const since = sql`now() - make_interval(secs => ${withinMs / 1000}::float8)`;
  const [row] = await db.execute(sql`
    select exists (
      select from ${alarms}
      where ${alarms.tenantId} = ${tenantId} and ${alarms.kind} = 'webhook_foreign'
        and ${alarms.subject} = ${channel} and (${alarms.clearedAt} is null or ${alarms.clearedAt} > ${since})
    ) or exists (
      select from ${automationEvents}
      where ${automationEvents.tenantId} = ${tenantId} and ${automationEvents.eventType} = 'webhook.repaired'
        and ${automationEvents.createdAt} > ${since} and ${automationEvents.subject} = ${channel}
        and ${automationEvents.data}->>'why' = 'foreign'
    ) as seen`);
  return row?.seen === true;
}
