import type { TransactionSql } from 'postgres';
import { v7 } from 'uuid';

/** Something that was under way at the moment of the backup, with its tenant's short name. */
interface Item {
  tenant: string;
  id: string;
  at: Date;
}

export interface Parked {
  /** Not sent yet, or being sent. Now in doubt: nobody but a person sends them again. */
  sends: (Item & { workflowId: string; conversationId: string; was: 'pending' | 'sending' })[];
  /** Stored and perhaps never answered. Not handed to their conversation again. */
  messages: (Item & { conversationId: string; spokenSince: boolean })[];
  /** Open. They go on where the engine still knows them, and end `history lost` where it does not. */
  runs: (Item & { workflowId: string; process: string; status: string; waitingOn: string | null })[];
  /** Without a link to the CRM, and perhaps there; of tenants that have one. */
  leads: (Item & { number: number; run: string })[];
  /** Deliveries of other systems for which no run is known to have been started. */
  deliveries: (Item & { process: string; workflowId: string })[];
}

/**
 * No conversation can have received so many messages after the backup: numbers that the engine may have seen are
 * not given again, or what a customer writes next would be dropped as a repetition.
 */
export const NUMBERS_LEFT_OUT = 1_000_000;
/** The same for what customers and managers know: № 17 never means two things. */
const REQUESTS_LEFT_OUT = 1_000;

const WHY = 'The database was put back from a backup: nobody can tell whether it was sent after that.';

/**
 * Makes a database that shows an earlier moment safe to go on from, whatever the engine knows: nothing that may
 * have left after that moment is sent by itself, and no number is used twice. Returns what a person has to look at;
 * each item is an event `restore.parked` as well.
 */
export async function park(sql: TransactionSql, takenAt: Date): Promise<Parked> {
  const parked: Parked = {
    runs: await sql`
      select t.slug as tenant, r.run_id as id, r.queued_at as at, r.workflow_id as "workflowId",
        r.process_id as process, r.status, r.waiting_on as "waitingOn"
      from process_runs r join tenants t on t.id = r.tenant_id where r.ended_at is null order by r.queued_at`,
    sends: await sql`
      with open as (select id, state from sends where state in ('pending', 'sending') for update)
      update sends s set state = 'unknown', reason = 'restored', error = ${WHY}, settled_at = now()
      from open, tenants t where s.id = open.id and t.id = s.tenant_id
      returning t.slug as tenant, s.id, s.created_at as at, s.workflow_id as "workflowId",
        s.conversation_id as "conversationId", open.state as was`,
    messages: await sql`
      update messages m set withheld = 'restored', dispatched_at = coalesce(m.dispatched_at, now())
      from conversations c, tenants t
      where c.id = m.conversation_id and t.id = m.tenant_id and m.direction = 'inbound' and m.withheld is null
        and (m.dispatched_at is null or m.number > c.handled_number)
      returning t.slug as tenant, m.id, m.created_at as at, m.conversation_id as "conversationId",
        exists (select from messages o where o.tenant_id = m.tenant_id and o.chat_id = m.chat_id
          and o.conversation_id = m.conversation_id and o.direction = 'outbound' and o.created_at > m.created_at
        ) as "spokenSince"`,
    leads: await sql`
      select t.slug as tenant, l.id, l.created_at as at, l.number::float8 as number, l.key as run
      from leads l join tenants t on t.id = l.tenant_id
      where not exists (select from crm_links k where k.tenant_id = l.tenant_id and k.lead_id = l.id)
        and (exists (select from crm_links k where k.tenant_id = l.tenant_id)
          or exists (select from process_runs r where r.tenant_id = l.tenant_id and r.process_id = 'crm_push'))
      order by l.created_at`,
    deliveries: await sql`
      update deliveries d set settled_at = now(), refusal = 'restored' from tenants t
      where t.id = d.tenant_id and d.settled_at is null
      returning t.slug as tenant, d.id, d.created_at as at, d.process, d.workflow_id as "workflowId"`,
  };
  await sql`update conversations set handled_number = last_number + ${NUMBERS_LEFT_OUT},
    last_number = last_number + ${NUMBERS_LEFT_OUT}`;
  await sql`update tenants set last_number = last_number + ${REQUESTS_LEFT_OUT}`;
  // What is still wrong is seen and told again; what is over needs no all-clear.
  await sql`update alarms set cleared_at = now(), notify = false where cleared_at is null`;
  await sql`update alarms set notify = false where notify`;
  await sql`delete from llm_reservations`;
  await sql`insert into restores (id, taken_at, restored_at) values (${v7()}, ${takenAt}, now())`;
  await note(sql, parked, takenAt);
  return parked;
}

async function note(sql: TransactionSql, parked: Parked, takenAt: Date): Promise<void> {
  const tenants = await sql<{ id: string; slug: string }[]>`select id, slug from tenants`;
  const rows = tenants.flatMap(({ id: tenant_id, slug }) => {
    const by = { tenant_id, actor: 'restore', correlation_id: 'restore' };
    const event = (event_type: string, subject: string, data: object) => ({
      id: v7(),
      event_type,
      subject,
      data,
      ...by,
    });
    const items = Object.entries(parked).flatMap(([what, list]: [string, Item[]]) =>
      list
        .filter(({ tenant }) => tenant === slug)
        .map(({ tenant: _, id, at: _at, ...data }) => event('restore.parked', id, { what, ...data })),
    );
    return [event('database.restored', slug, { taken_at: takenAt.toISOString() }), ...items];
  });
  for (let from = 0; from < rows.length; from += 1_000) {
    const portion = rows.slice(from, from + 1_000);
    await sql`
      insert into automation_events (id, tenant_id, event_type, subject, data, actor, correlation_id)
      select * from jsonb_to_recordset(${JSON.stringify(portion)}::text::jsonb)
        as e(id uuid, tenant_id uuid, event_type text, subject text, data jsonb, actor text, correlation_id text)`;
  }
}
