import { and, eq, inArray, type SQL, sql } from 'drizzle-orm';
import type { Database, Executor } from '../client.ts';
import { automationEvents, conversations, crmLinks, customerIdentities, leads } from '../schema/index.ts';
import { keyAt } from './absence.ts';
import { list } from './arrays.ts';

/** Everything under which data of one person may lie. */
export interface Person {
  tenantId: string;
  /** The customer and those that were joined to them. */
  customerIds: string[];
  conversationIds: string[];
  leadIds: string[];
  /** Runs begun for the person, conversations included, whether or not their histories still exist. */
  workflowIds: string[];
}

/** What was proved to be the person's: where it stands elsewhere, it is them. */
const provedOf = (tenantId: string, customerIds: readonly string[]) => sql`
  select phone, email from customers where tenant_id = ${tenantId} and id = any(${list(customerIds, 'uuid')})`;

/** Undefined when the tenant has no such customer. */
export async function findPerson(
  db: Executor,
  tenantId: string,
  customerId: string,
): Promise<Person | undefined> {
  const customers = await db.execute<{ id: string }>(sql`
    with recursive person as (
      select id from customers where tenant_id = ${tenantId} and id = ${customerId}
      union
      select (e.data ->> 'joined')::uuid from person
      join ${automationEvents} as e on e.tenant_id = ${tenantId} and e.subject = person.id::text
        and e.event_type = 'customer.joined'
    ) select id from person`);
  const customerIds = customers.map(({ id }) => id);
  if (customerIds.length === 0) return undefined;
  const theirs = await db
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.tenantId, tenantId), inArray(conversations.customerId, customerIds)));
  const conversationIds = theirs.map(({ id }) => id);
  // A lead that came by the API names no customer; a phone or an e-mail that was proved does.
  const leadRows = await db.execute<{ id: string; key: string }>(sql`
    with proved as (${provedOf(tenantId, customerIds)})
    select id, key from ${leads} where tenant_id = ${tenantId} and (customer_id = any(${list(customerIds, 'uuid')})
      or phone in (select phone from proved) or lower(email) in (select email from proved))`);
  const leadIds = leadRows.map(({ id }) => id);
  const begun = [
    ...conversationIds.map((id) => `conversation/${id}`),
    ...leadRows.flatMap(({ id, key }) => [key, `crm_push/${id}`, `lead_followup/after/crm_push/${id}`]),
  ];
  const runs = await db.execute<{ workflow_id: string }>(sql`
    with recursive theirs as (
      select workflow_id from process_runs
      where tenant_id = ${tenantId} and (customer_id = any(${list(customerIds, 'uuid')})
        or conversation_id = any(${list(conversationIds, 'uuid')}) or workflow_id = any(${list(begun, 'text')}))
      union
      select r.workflow_id from process_runs as r
      join theirs on r.parent_workflow_id = theirs.workflow_id where r.tenant_id = ${tenantId}
    ) select workflow_id from theirs`);
  const workflowIds = [...new Set([...begun, ...runs.map((run) => run.workflow_id)])];
  return { tenantId, customerIds, conversationIds, leadIds, workflowIds };
}

/** Runs of these workflow ids that the projection shows as open. */
export function openRunsAmong(db: Executor, { tenantId, workflowIds }: Person) {
  return db.execute<{ workflow_id: string; process_id: string }>(sql`
    select workflow_id, process_id from process_runs
    where tenant_id = ${tenantId} and workflow_id = any(${list(workflowIds, 'text')}) and ended_at is null`);
}

/** Every execution of these workflow ids that the projection knows; `open` as it shows them, `queued_at` in ms. */
export function executionsOf(db: Executor, { tenantId, workflowIds }: Person) {
  return db.execute<{ workflow_id: string; run_id: string; open: boolean; queued_at: number }>(sql`
    select workflow_id, id as run_id, ended_at is null as open, extract(epoch from queued_at)::float8 * 1000 as queued_at
    from process_runs, lateral (values (run_id), (current_run_id)) as executions(id)
    where tenant_id = ${tenantId} and workflow_id = any(${list(workflowIds, 'text')}) group by 1, 2, 3, 4`);
}

/** Leads that the CRM knows, with the numbers that customers and managers call them by. */
export function leadsInCrm(db: Executor, { tenantId, leadIds }: Person) {
  return db
    .select({
      leadId: leads.id,
      number: leads.number,
      entity: crmLinks.entity,
      externalId: crmLinks.externalId,
    })
    .from(crmLinks)
    .innerJoin(leads, eq(leads.id, crmLinks.leadId))
    .where(and(eq(crmLinks.tenantId, tenantId), inArray(crmLinks.leadId, leadIds)));
}

/** Accounts of the person on each channel, since when they have been known, and the chats they write in. */
async function accountsOf(db: Executor, { tenantId, customerIds, conversationIds }: Person) {
  const identities = await db
    .select({
      channelId: customerIdentities.channelId,
      account: customerIdentities.channelUserId,
      since: customerIdentities.createdAt,
    })
    .from(customerIdentities)
    .where(
      and(eq(customerIdentities.tenantId, tenantId), inArray(customerIdentities.customerId, customerIds)),
    );
  const chats = await db
    .select({
      channelId: conversations.channelId,
      account: conversations.chatId,
      since: conversations.createdAt,
    })
    .from(conversations)
    .where(and(eq(conversations.tenantId, tenantId), inArray(conversations.id, conversationIds)));
  return [...identities, ...chats];
}

/** Updates are read in order of their ids, which are their times. */
const UPDATES_AT_ONCE = 2_000;
const MARGIN_MS = 3_600_000;

/** Empties what the platform delivered about the person, in portions. Their keys stay, so nothing is taken in twice. */
export async function eraseUpdates(db: Database, person: Person, signal: AbortSignal): Promise<number> {
  let erased = 0;
  for (const { channelId, account, since } of await accountsOf(db, person)) {
    // Platforms write their ids as numbers or as text.
    const number = /^-?\d{1,15}$/.test(account) ? Number(account) : account;
    const names = JSON.stringify({ text: account, number });
    let after = keyAt(since.getTime() - MARGIN_MS);
    for (;;) {
      signal.throwIfAborted();
      const [step] = await db.execute<{ last: string | null; erased: string }>(sql`
        with portion as (
          select id from updates
          where tenant_id = ${person.tenantId} and channel_id = ${channelId} and id > ${after}::uuid
          order by id limit ${UPDATES_AT_ONCE}
        ), emptied as (
          update updates as u set raw = '{}' from portion
          where u.id = portion.id and jsonb_path_exists(u.raw, '$.**.id ? (@ == $text || @ == $number)', ${names}::jsonb)
          returning 1
        )
        select (select id from portion order by id desc limit 1) as last, (select count(*) from emptied) as erased`);
      erased += Number(step?.erased ?? 0);
      if (!step?.last) break;
      after = step.last;
    }
  }
  return erased;
}

export interface ErasedCounts {
  messages: number;
  runs: number;
  leads: number;
}

/**
 * Erases what is personal in every table but `updates`, in one transaction. Rows, numbers, states, times and
 * costs stay. With `keepLeads` leads are left as they are, for those who work on them. Repeating it is harmless.
 */
export function erasePerson(db: Database, person: Person, keepLeads: boolean): Promise<ErasedCounts> {
  const { tenantId } = person;
  const customerIds = list(person.customerIds, 'uuid');
  const conversationIds = list(person.conversationIds, 'uuid');
  const leadIds = list(person.leadIds, 'uuid');
  const workflowIds = list(person.workflowIds, 'text');
  return db.transaction(async (tx) => {
    const run = (statement: ReturnType<typeof sql>) => tx.execute(statement);
    const correlation = sql`(select correlation_id from messages
      where tenant_id = ${tenantId} and conversation_id = any(${conversationIds}))`;
    // Before messages lose what ties events to the person.
    await run(sql`update automation_events set data = '{}'
      where tenant_id = ${tenantId} and event_type <> 'customer.joined' and data <> '{}'
        and (subject = any(${list([...person.customerIds, ...person.conversationIds, ...person.leadIds, ...person.workflowIds], 'text')})
          or correlation_id in ${correlation})`);
    // An alarm about several runs says the cause of the first, which may quote what somebody wrote.
    const about = (words: SQL) =>
      sql`${words} ? 'cause' and string_to_array(${words} ->> 'runs', ' ') && ${workflowIds}`;
    await run(sql`update alarms set words = words || '{"cause": "erased"}'
      where tenant_id = ${tenantId} and kind = 'run_stuck' and ${about(sql`words`)}`);
    await run(sql`update automation_events set data = jsonb_set(data, '{words,cause}', '"erased"')
      where tenant_id = ${tenantId} and event_type in ('alarm.raised', 'alarm.cleared')
        and ${about(sql`data -> 'words'`)}`);
    // What has not been handled yet came after the wish, and is answered.
    const messages = await run(sql`update messages set content = '', metadata = '{}'
      where tenant_id = ${tenantId} and conversation_id = any(${conversationIds})
        and (direction = 'outbound' or dispatched_at is not null) and (content <> '' or metadata <> '{}')
      returning 1`);
    await run(sql`update sends set state = 'refused', reason = 'withdrawn', settled_at = now()
      where tenant_id = ${tenantId} and conversation_id = any(${conversationIds}) and state = 'pending'`);
    await run(sql`update sends set chunk = '{"text": "", "entities": []}', error = null
      where tenant_id = ${tenantId} and conversation_id = any(${conversationIds})`);
    // What is erased here is looked for in no chat any more.
    await run(sql`update send_doubts set answer = null, next_look_at = null
      where tenant_id = ${tenantId} and conversation_id = any(${conversationIds})`);
    await run(sql`delete from drafts as d using unnest(${workflowIds}) as own(id)
      where d.tenant_id = ${tenantId} and starts_with(d.key, own.id || '/')`);
    const leads = keepLeads
      ? []
      : await run(sql`update leads set name = null, phone = null, email = null, need = null, score_reasons = null,
            next_step = null, key = case when starts_with(key, 'api/') then 'erased/' || id else key end,
            customer_id = coalesce(customer_id, ${person.customerIds[0]}::uuid), updated_at = now()
          where tenant_id = ${tenantId} and id = any(${leadIds}) returning 1`);
    await run(sql`update requests set details = null
      where tenant_id = ${tenantId} and details is not null
        and (customer_id = any(${customerIds}) or conversation_id = any(${conversationIds})
          or exists (select from unnest(${workflowIds}) as own(id) where starts_with(requests.key, own.id)))`);
    const runs =
      await run(sql`update process_runs set input = null, output = null, details = null, digest = null,
        cause = case when cause is null then null else cause || '{"message": "erased"}' end
      where tenant_id = ${tenantId} and workflow_id = any(${workflowIds}) returning run_id`);
    await run(sql`update process_run_steps set cause = 'erased'
      where tenant_id = ${tenantId} and cause is not null
        and run_id in (select run_id from process_runs where tenant_id = ${tenantId} and workflow_id = any(${workflowIds}))`);
    await run(sql`update llm_calls set error = null
      where tenant_id = ${tenantId} and error is not null and workflow_id = any(${workflowIds})`);
    // What no run has taken yet, or could take, is nobody's until it is looked into. It will not be taken any more.
    await run(sql`with proved as (${provedOf(tenantId, person.customerIds)})
      update deliveries set input = null, settled_at = coalesce(settled_at, now()),
        refusal = coalesce(refusal, case when settled_at is null then 'erased' end)
      where tenant_id = ${tenantId} and input is not null and (workflow_id = any(${workflowIds}) or exists (
        select from jsonb_path_query(input, 'strict $.** ? (@.type() == "string" || @.type() == "number")') as told(leaf),
          lateral (select leaf #>> '{}' as words, regexp_replace(leaf #>> '{}', '\\D', '', 'g') as digits) as said, proved
        where lower(said.words) = proved.email
          or length(digits) between 10 and 13 and right(digits, 10) = right(regexp_replace(phone, '\\D', '', 'g'), 10)))`);
    await run(
      sql`update callbacks set body = null where tenant_id = ${tenantId} and workflow_id = any(${workflowIds})`,
    );
    await run(sql`update customer_identities set profile = jsonb_build_object('channelUserId', channel_user_id)
      where tenant_id = ${tenantId} and customer_id = any(${customerIds})`);
    // A sanction stays, or being forgotten would be a way around it.
    await run(sql`update customers set name = null, phone = null, phone_hint = null, email = null,
        chosen_locale = null, state_reason = null,
        state_since = case when state in ('registered', 'active') then now() else state_since end,
        state = case when state in ('registered', 'active') then 'new' else state end,
        state_before = case when state_before is not null then 'new' end
      where tenant_id = ${tenantId} and id = any(${customerIds})`);
    return { messages: messages.length, runs: runs.length, leads: leads.length };
  });
}
