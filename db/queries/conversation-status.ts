import { type SQL, sql } from 'drizzle-orm';
import type { ConversationStatus } from '../../domain/conversation.ts';
import { conversations } from '../schema/index.ts';

/** Over the open runs `r` of a conversation; their names happen to be in the order of what counts more. */
const status = sql`max(case when r.status = 'waiting_user' then 'waiting_' || r.waiting_on else 'working' end)`;
const goesOn = sql`r.ended_at is null and r.waiting_on is distinct from 'timer'`;

/** Conversations in which something goes on, with their status: tenant_id, conversation_id, status. */
export const activeConversations = sql`
  select r.tenant_id, r.conversation_id, ${status} as status from process_runs r
  where ${goesOn} and r.conversation_id is not null group by r.tenant_id, r.conversation_id`;

const ofThisOne = sql`from process_runs r where r.tenant_id = ${conversations.tenantId}
  and r.conversation_id = ${conversations.id} and ${goesOn}`;

/** Of the row of `conversations` that a query is at. */
export const conversationStatus = sql<ConversationStatus>`coalesce((select ${status} ${ofThisOne}), 'quiet')`;

/** Conversations of one status: by the few open runs, or by their absence. */
export const hasStatus = (tenantId: string, wanted: ConversationStatus): SQL =>
  wanted === 'quiet'
    ? sql`not exists (select ${ofThisOne})`
    : sql`${conversations.id} in (select active.conversation_id from (${activeConversations}) active
        where active.tenant_id = ${tenantId} and active.status = ${wanted})`;
