import { and, asc, eq, inArray, sql } from 'drizzle-orm';
import type { IfUnknown } from '../../domain/doubt.ts';
import type { Chunk } from '../../domain/outbound.ts';
import type { Executor } from '../client.ts';
import { type SendState, sendDoubts, sends } from '../schema/index.ts';
import { recordingSaid, type SaidTo } from './transcript.ts';

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

/**
 * Settles the chunk and puts it into the transcript, both or neither, in one statement. Also settles a row that is
 * `unknown`, or to be sent again: the sender that was thought dead came back with the answer. False when it had been
 * settled before.
 */
export async function markSent(
  db: Executor,
  send: SendRow,
  to: SaidTo,
  channelMessageId: string,
  attempt: number,
): Promise<boolean> {
  const recorded = await db.execute(sql`
    with found as (
      update ${sendDoubts} set message_id = ${channelMessageId}, finding = 'delivered', next_look_at = null
      where ${sendDoubts.sendId} = ${send.id} and ${sendDoubts.attempt} = ${attempt}
    ), settled as (
      update ${sends}
      set state = 'sent', channel_message_id = ${channelMessageId}, settled_at = now(), error = null, reason = null
      where ${sends.id} = ${send.id} and ${sends.state} in ('sending', 'unknown', 'pending')
      returning ${sends.id}
    )
    ${recordingSaid(to, send, channelMessageId, sql`from settled`)}`);
  return recorded.length > 0;
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
