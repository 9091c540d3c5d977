import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { SendState } from '../../domain/sends.ts';
import type { Executor } from '../client.ts';
import { sends } from '../schema/index.ts';
import { behind, type Page, type PageRequest, pageOf } from './page.ts';

export interface SendFilter {
  state?: SendState | undefined;
  conversationId?: string | undefined;
  workflowId?: string | undefined;
  /** Recorded at or after. */
  since?: Date | undefined;
  /** Recorded before. */
  until?: Date | undefined;
}

const view = {
  id: sends.id,
  workflowId: sends.workflowId,
  conversationId: sends.conversationId,
  correlationId: sends.correlationId,
  key: sends.key,
  part: sends.part,
  state: sends.state,
  chunk: sends.chunk,
  attempts: sends.attempts,
  channelMessageId: sends.channelMessageId,
  reason: sends.reason,
  error: sends.error,
  createdAt: sends.createdAt,
  settledAt: sends.settledAt,
  resolution: sends.resolution,
  resolvedBy: sends.resolvedBy,
  resolvedAt: sends.resolvedAt,
};
export type SendView = Pick<typeof sends.$inferSelect, keyof typeof view>;

/** A page of the send ledger and one row more, newest first. */
export function sendsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: SendFilter,
  { limit, after }: PageRequest,
) {
  const conditions: Array<SQL | undefined> = [
    eq(sends.tenantId, tenantId),
    // One of a closed set, written out: the index of sends in doubt is used only where the plan knows the state.
    filter.state === undefined ? undefined : sql`${sends.state} = ${sql.raw(`'${filter.state}'`)}`,
    filter.conversationId === undefined ? undefined : eq(sends.conversationId, filter.conversationId),
    filter.workflowId === undefined ? undefined : eq(sends.workflowId, filter.workflowId),
    filter.since === undefined ? undefined : gte(sends.createdAt, filter.since),
    filter.until === undefined ? undefined : lt(sends.createdAt, filter.until),
    behind(sends.createdAt, sends.id, after),
  ];
  return db
    .select(view)
    .from(sends)
    .where(and(...conditions))
    .orderBy(desc(sends.createdAt), desc(sends.id))
    .limit(limit + 1);
}

export async function listSends(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: SendFilter,
  page: PageRequest,
): Promise<Page<SendView>> {
  const found = await sendsQuery(db, tenantId, filter, page);
  return pageOf(found, page.limit, ({ createdAt, id }) => ({ at: createdAt, id }));
}

/** One send, locked for the transaction where `lock` is set. */
export async function findSend(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  id: string,
  lock = false,
): Promise<SendView | undefined> {
  const query = db
    .select(view)
    .from(sends)
    .where(and(eq(sends.tenantId, tenantId), eq(sends.id, id)));
  const [row] = await (lock ? query.for('update') : query);
  return row;
}
