import { and, eq, gte, like, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import {
  channels,
  conversations,
  messages,
  processRuns,
  type SendState,
  sends,
  tenants,
} from '../schema/index.ts';
import { activeConversations } from './conversation-status.ts';

/** What has been waiting too long at a tenant. */
export interface Waiting {
  tenantId: string;
  tenant: string;
  count: number;
  oldestAt: Date;
}

/** Lowest UUIDv7 of a moment: keys of messages are in the order of their time. */
export function keyAt(ms: number): string {
  const hex = Math.max(0, Math.floor(ms)).toString(16).padStart(12, '0');
  return `${hex.slice(0, 8)}-${hex.slice(8)}-7000-8000-000000000000`;
}

const waitingRows = (rows: Record<string, unknown>[]): Waiting[] =>
  rows.map((row) => ({
    tenantId: String(row.tenant_id),
    tenant: String(row.slug),
    count: Number(row.count),
    oldestAt: new Date(String(row.oldest)),
  }));

/** Stored messages of which no conversation was told for so long. Reads the index of those that wait. */
export const undispatchedQuery = (olderThanMs: number) => sql`
  select late.*, ${tenants.slug}
  from (
    select ${messages.tenantId}, count(*) as count, min(${messages.createdAt}) as oldest
    from ${messages}
    where ${messages.dispatchedAt} is null and ${messages.direction} = 'inbound'
      and ${messages.createdAt} < now() - make_interval(secs => ${olderThanMs / 1000}::float8)
    group by ${messages.tenantId}
  ) late join ${tenants} on ${tenants.id} = late.tenant_id`;

export const undispatched = async (db: Executor, olderThanMs: number): Promise<Waiting[]> =>
  waitingRows(await db.execute(undispatchedQuery(olderThanMs)));

/**
 * Messages of a span of time that their conversation was told of and has not handled, and after which nothing was
 * sent and no run was begun or is open. `from` and `to` are epoch milliseconds.
 */
export const unansweredQuery = (from: number, to: number) => sql`
  select ${messages.tenantId}, ${tenants.slug}, count(*) as count, min(${messages.createdAt}) as oldest
  from ${messages}
  join ${conversations} on ${conversations.id} = ${messages.conversationId}
  join ${tenants} on ${tenants.id} = ${messages.tenantId}
  where ${messages.id} >= ${keyAt(from)}::uuid and ${messages.id} < ${keyAt(to)}::uuid
    and ${messages.direction} = 'inbound' and ${messages.dispatchedAt} is not null
    and ${messages.withheld} is null and ${messages.number} > ${conversations.handledNumber}
    and not exists (
      select from ${sends}
      where ${sends.tenantId} = ${messages.tenantId} and ${sends.conversationId} = ${messages.conversationId}
        and ${sends.createdAt} >= ${messages.createdAt})
    and not exists (
      select from ${processRuns}
      where ${processRuns.tenantId} = ${messages.tenantId}
        and ${processRuns.conversationId} = ${messages.conversationId}
        and (${processRuns.endedAt} is null or ${processRuns.queuedAt} >= ${messages.createdAt}))
  group by ${messages.tenantId}, ${tenants.slug}`;

export const unanswered = async (db: Executor, from: number, to: number): Promise<Waiting[]> =>
  waitingRows(await db.execute(unansweredQuery(from, to)));

/** An execution that may have stopped going on. */
export interface Suspect {
  workflowId: string;
  conversationId: string | null;
}

/**
 * Whom a message should have moved: conversations that have not handled one of the span, and what is open in
 * conversations that got one; besides the runs that work just now. The newest first.
 */
export async function suspects(db: Executor, from: number, to: number, limit: number): Promise<Suspect[]> {
  const rows = await db.execute(sql`
    with heard as (
      select distinct ${messages.tenantId} as tenant_id, ${messages.conversationId} as conversation_id,
        ${messages.number} > ${conversations.handledNumber} as behind
      from ${messages} join ${conversations} on ${conversations.id} = ${messages.conversationId}
      where ${messages.id} >= ${keyAt(from)}::uuid and ${messages.id} < ${keyAt(to)}::uuid
        and ${messages.direction} = 'inbound' and ${messages.withheld} is null
    )
    (select 'conversation/' || conversation_id as workflow_id, conversation_id from heard where behind limit ${limit})
    union
    (select ${processRuns.workflowId}, ${processRuns.conversationId} from ${processRuns} join heard
      on heard.tenant_id = ${processRuns.tenantId} and heard.conversation_id = ${processRuns.conversationId}
     where ${processRuns.endedAt} is null limit ${limit})
    union
    (select ${processRuns.workflowId}, ${processRuns.conversationId} from ${processRuns}
     where ${processRuns.endedAt} is null and ${processRuns.waitingOn} is null
       and ${processRuns.status} in ('queued', 'running')
     order by ${processRuns.queuedAt} desc limit ${limit})`);
  return rows.map((row) => ({
    workflowId: String(row.workflow_id),
    conversationId: row.conversation_id === null ? null : String(row.conversation_id),
  }));
}

/** Work that waits in the product's own tables, by queue. */
export async function queueSizes(db: Executor): Promise<Record<'messages' | 'sends', number>> {
  const [row] = await db.execute(sql`
    select
      (select count(*) from ${messages}
        where ${messages.dispatchedAt} is null and ${messages.direction} = 'inbound') as messages,
      (select count(*) from ${sends} where ${sends.state} in ('pending', 'sending')) as sends`);
  return { messages: Number(row?.messages ?? 0), sends: Number(row?.sends ?? 0) };
}

/** Conversations in which something goes on, by channel and by what they wait for. */
export async function conversationsByStatus(
  db: Executor,
): Promise<{ tenant: string; channel: string; status: string; count: number }[]> {
  const rows = await db.execute(sql`
    select ${tenants.slug} as tenant, ${channels.name} as channel, open.status, count(*) as count
    from (${activeConversations}) open
    join ${conversations} on ${conversations.id} = open.conversation_id
    join ${channels} on ${channels.id} = ${conversations.channelId}
    join ${tenants} on ${tenants.id} = open.tenant_id
    group by 1, 2, 3`);
  return rows.map((row) => ({
    tenant: String(row.tenant),
    channel: String(row.channel),
    status: String(row.status),
    count: Number(row.count),
  }));
}

/** Whose run stands at this execution; undefined while no row tells. */
export async function ownerOfRun(
  db: Executor,
  runId: string,
): Promise<{ tenantId: string; process: string; conversationId: string | null } | undefined> {
  const [row] = await db
    .select({
      tenantId: processRuns.tenantId,
      process: processRuns.processId,
      conversationId: processRuns.conversationId,
    })
    .from(processRuns)
    .where(eq(processRuns.currentRunId, runId));
  return row;
}

/** Sends of a conversation since a moment whose keys begin so. */
export function sendsSince(
  db: Executor,
  tenantId: string,
  conversationId: string,
  prefix: string,
  since: Date,
): Promise<{ key: string; state: SendState }[]> {
  return db
    .select({ key: sends.key, state: sends.state })
    .from(sends)
    .where(
      and(
        eq(sends.tenantId, tenantId),
        eq(sends.conversationId, conversationId),
        gte(sends.createdAt, since),
        like(sends.key, `${prefix}%`),
      ),
    );
}
