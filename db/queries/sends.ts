import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { IfUnknown } from '../../domain/doubt.ts';
import type { ChannelKind } from '../../domain/message.ts';
import type { Chunk } from '../../domain/outbound.ts';
import type { Database, Executor } from '../client.ts';
import { type SendState, sendDoubts, sends } from '../schema/index.ts';
import { recordSaid } from './transcript.ts';

export interface SendRow {
  id: string;
  key: string;
  part: number;
  state: SendState;
  chunk: Chunk;
  workflowId: string;
  correlationId: string;
  channelMessageId: string | null;
  reason: string | null;
}

const columns = {
  id: sends.id,
  key: sends.key,
  part: sends.part,
  state: sends.state,
  chunk: sends.chunk,
  workflowId: sends.workflowId,
  correlationId: sends.correlationId,
  channelMessageId: sends.channelMessageId,
  reason: sends.reason,
};

export interface ChunksToRecord {
  tenantId: string;
  channelId: string;
  conversationId: string;
  chatId: string;
  key: string;
  workflowId: string;
  correlationId: string;
  ifUnknown?: IfUnknown | undefined;
  chunks: Chunk[];
}

/** What is recorded as being in doubt from the beginning, and why. */
interface InDoubt {
  reason: string;
  error: string;
}

/**
 * Records what is to be sent, once per key however often it is asked, and returns the rows in order. What may have
 * been sent already is recorded as `unknown`, and is never sent by itself.
 */
export async function recordChunks(
  db: Executor,
  { chunks, ...row }: ChunksToRecord,
  inDoubt?: InDoubt,
): Promise<SendRow[]> {
  const doubt = inDoubt && { ...inDoubt, state: 'unknown' as const, settledAt: sql`now()` };
  const inserted = await db
    .insert(sends)
    .values(chunks.map((chunk, part) => ({ ...row, ...doubt, part, chunk })))
    .onConflictDoNothing()
    .returning(columns);
  return inserted.length > 0 ? inserted : findSends(db, row.tenantId, row.key);
}

/** All chunks recorded under a key, in order. */
export function findSends(db: Executor, tenantId: string, key: string): Promise<SendRow[]> {
  return db
    .select(columns)
    .from(sends)
    .where(and(eq(sends.tenantId, tenantId), eq(sends.key, key)))
    .orderBy(asc(sends.part));
}

/**
 * What has not been settled in a chat, in ledger order. Chunks of one message have one time and stay together,
 * while their ordinals may mingle with those of a message recorded in the same moment.
 */
export function openSends(db: Executor, tenantId: string, conversationId: string): Promise<SendRow[]> {
  return db
    .select(columns)
    .from(sends)
    .where(
      and(
        eq(sends.tenantId, tenantId),
        eq(sends.conversationId, conversationId),
        inArray(sends.state, ['pending', 'sending']),
      ),
    )
    .orderBy(asc(sends.createdAt), asc(sends.key), asc(sends.part));
}

/**
 * Intent, written before the request leaves: from here on a crash means `unknown`. Returns the number of the
 * attempt; undefined when the row has been withdrawn or settled meanwhile: then it must not be sent.
 */
export async function markSending(db: Executor, id: string): Promise<number | undefined> {
  const [row] = await db
    .update(sends)
    .set({ state: 'sending', attempts: sql`${sends.attempts} + 1`, attemptedAt: sql`now()` })
    .where(and(eq(sends.id, id), eq(sends.state, 'pending')))
    .returning({ attempt: sends.attempts });
  return row?.attempt;
}

/** The request certainly had no effect: the chunk may be tried again. */
export async function markPending(db: Executor, id: string, error: string, chunk?: Chunk): Promise<void> {
  await db
    .update(sends)
    .set({ state: 'pending', error, ...(chunk ? { chunk } : {}) })
    .where(and(eq(sends.id, id), eq(sends.state, 'sending')));
}

/** Also settles a row that is `unknown`, or to be sent again: the sender that was thought dead came back with the answer. */
export async function markSent(
  db: Database,
  send: SendRow,
  to: { tenantId: string; channel: ChannelKind; conversationId: string; chatId: string; customerId: string },
  channelMessageId: string,
  attempt: number,
): Promise<void> {
  await db.transaction(async (tx) => {
    await tx
      .update(sendDoubts)
      .set({ messageId: channelMessageId, finding: 'delivered', nextLookAt: null })
      .where(and(eq(sendDoubts.sendId, send.id), eq(sendDoubts.attempt, attempt)));
    const [settled] = await tx
      .update(sends)
      .set({ state: 'sent', channelMessageId, settledAt: sql`now()`, error: null, reason: null })
      .where(and(eq(sends.id, send.id), inArray(sends.state, ['sending', 'unknown', 'pending'])))
      .returning({ id: sends.id });
    if (!settled) return;
    await recordSaid(tx, to, send, channelMessageId);
  });
}

/** Ends a chunk that the platform does not take. */
export async function markRefused(db: Executor, id: string, reason: string, error: string): Promise<void> {
  await db
    .update(sends)
    .set({ state: 'refused', reason, error, settledAt: sql`now()` })
    .where(and(eq(sends.id, id), inArray(sends.state, ['pending', 'sending'])));
}

/** Takes back what was recorded and has not left. */
export async function withdrawPending(db: Executor, tenantId: string, key: string): Promise<void> {
  await db
    .update(sends)
    .set({ state: 'refused', reason: 'withdrawn', settledAt: sql`now()` })
    .where(and(eq(sends.tenantId, tenantId), eq(sends.key, key), eq(sends.state, 'pending')));
}
