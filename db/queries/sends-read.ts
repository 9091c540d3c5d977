import { and, eq, sql } from 'drizzle-orm';
import type { SendState } from '../../domain/sends.ts';
import type { Executor } from '../client.ts';
import { sends } from '../schema/index.ts';
import { newestFirst, type Page, type PageRequest, type Period, same } from './page.ts';
import { type DoubtView, withDoubts } from './send-doubts-read.ts';

/** Of the time they were recorded. */
export interface SendFilter extends Period {
  state?: SendState | undefined;
  conversationId?: string | undefined;
  workflowId?: string | undefined;
}

/** A send as people see it. */
export const sendColumns = {
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
  ifUnknown: sends.ifUnknown,
  possiblyRepeated: sends.possiblyRepeated,
};
type SendRow = Pick<typeof sends.$inferSelect, keyof typeof sendColumns>;
export interface SendView extends SendRow {
  /** What is known of its last attempt in doubt, if there was one. */
  doubt: DoubtView | null;
}

const recorded = newestFirst(sends);

/** A page of the send ledger and one row more, newest first. */
export function sendsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: SendFilter,
  { limit, after }: PageRequest,
) {
  return db
    .select(sendColumns)
    .from(sends)
    .where(
      and(
        eq(sends.tenantId, tenantId),
        // One of a closed set, written out: the index of sends in doubt is used only where the plan knows the state.
        filter.state && sql`${sends.state} = ${sql.raw(`'${filter.state}'`)}`,
        same(sends.conversationId, filter.conversationId),
        same(sends.workflowId, filter.workflowId),
        recorded.within(filter, after),
      ),
    )
    .orderBy(...recorded.order)
    .limit(limit + 1);
}

export async function listSends(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: SendFilter,
  page: PageRequest,
): Promise<Page<SendView>> {
  const { rows, ...rest } = recorded.page(await sendsQuery(db, tenantId, filter, page), page.limit);
  return { ...rest, rows: await withDoubts(db, rows) };
}

/** One send, locked for the transaction where `lock` is set. */
export async function findSend(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  id: string,
  lock = false,
): Promise<SendView | undefined> {
  const query = db
    .select(sendColumns)
    .from(sends)
    .where(and(eq(sends.tenantId, tenantId), eq(sends.id, id)));
  const [row] = await withDoubts(db, await (lock ? query.for('update') : query));
  return row;
}
