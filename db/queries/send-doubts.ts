import { and, eq, inArray, isNotNull, lte, sql } from 'drizzle-orm';
import type { Finding, IfUnknown, Interval } from '../../domain/doubt.ts';
import type { Chunk } from '../../domain/outbound.ts';
import type { SendState } from '../../domain/sends.ts';
import type { Database, Executor } from '../client.ts';
import { sendDoubts, sends } from '../schema/index.ts';
import { findConversation } from './conversations.ts';
import { recordEvent } from './events.ts';
import { recordSaid } from './transcript.ts';

/** An attempt of which nobody knows whether it arrived, with what it was to say. */
export interface Doubt {
  sendId: string;
  attempt: number;
  tenantId: string;
  channelId: string;
  conversationId: string;
  chatId: string;
  workflowId: string;
  correlationId: string;
  key: string;
  chunk: Chunk;
  state: SendState;
  ifUnknown: IfUnknown;
  possiblyRepeated: boolean;
  /** When the send was recorded, and when the attempt began and ended. */
  recordedAt: Date;
  begunAt: Date;
  endedAt: Date;
  tries: number;
  looks: number;
}

/**
 * Ends an attempt of which nobody can tell whether it arrived: the send is `unknown`, and looked for from now on.
 * Nothing happens where it has been settled meanwhile.
 */
export function doubtSend(db: Database, sendId: string, why: string): Promise<void> {
  return db.transaction(async (tx) => {
    const [row] = await tx
      .update(sends)
      .set({ state: 'unknown', reason: 'unknown', error: why, settledAt: sql`now()` })
      .where(and(eq(sends.id, sendId), inArray(sends.state, ['pending', 'sending'])))
      .returning();
    if (!row) return;
    const { tenantId, conversationId, workflowId, correlationId, attempts, attemptedAt, createdAt } = row;
    await tx
      .insert(sendDoubts)
      .values({
        sendId,
        attempt: attempts,
        tenantId,
        conversationId,
        begunAt: attemptedAt ?? createdAt,
        endedAt: sql`now()`,
        nextLookAt: sql`now()`,
      })
      .onConflictDoNothing();
    await recordEvent(tx, {
      tenantId,
      eventType: 'send.unknown',
      subject: workflowId,
      data: { sendId, attempt: attempts, why },
      correlationId,
    });
  });
}

/** Doubts whose time to be looked at has come, the oldest first: they were given the lowest ids. */
export function dueDoubts(db: Executor, lookAfterMs: number, limit: number): Promise<Doubt[]> {
  return db
    .select({
      sendId: sendDoubts.sendId,
      attempt: sendDoubts.attempt,
      tenantId: sendDoubts.tenantId,
      channelId: sends.channelId,
      conversationId: sendDoubts.conversationId,
      chatId: sends.chatId,
      workflowId: sends.workflowId,
      correlationId: sends.correlationId,
      key: sends.key,
      chunk: sends.chunk,
      state: sends.state,
      ifUnknown: sends.ifUnknown,
      possiblyRepeated: sends.possiblyRepeated,
      recordedAt: sends.createdAt,
      begunAt: sendDoubts.begunAt,
      endedAt: sendDoubts.endedAt,
      tries: sendDoubts.tries,
      looks: sendDoubts.looks,
    })
    .from(sendDoubts)
    .innerJoin(sends, eq(sends.id, sendDoubts.sendId))
    .where(
      and(
        isNotNull(sendDoubts.nextLookAt),
        lte(sendDoubts.nextLookAt, sql`now()`),
        lte(sendDoubts.endedAt, sql`now() - make_interval(secs => ${lookAfterMs / 1000}::float8)`),
      ),
    )
    .orderBy(sendDoubts.begunAt)
    .limit(limit);
}

const same = ({ sendId, attempt }: Pick<Doubt, 'sendId' | 'attempt'>) =>
  and(eq(sendDoubts.sendId, sendId), eq(sendDoubts.attempt, attempt));

const inMs = (ms: number) => sql`now() + make_interval(secs => ${ms / 1000}::float8)`;

/** What a look has shown, as it is kept. */
export interface LookToKeep {
  finding: Finding;
  tries: number;
  looks: number;
  interval: Partial<Interval>;
  candidates?: number | undefined;
  answer?: string | undefined;
  /** Undefined: nothing more is looked for. */
  againInMs?: number | undefined;
  waitsForPerson: boolean;
}

/** Keeps a look, unless the doubt is over meanwhile. */
export async function keepLook(
  db: Executor,
  doubt: Pick<Doubt, 'sendId' | 'attempt'>,
  { interval, againInMs, candidates, answer, ...look }: LookToKeep,
): Promise<void> {
  await db
    .update(sendDoubts)
    .set({
      ...look,
      afterId: interval.after ?? null,
      beforeId: interval.before ?? null,
      candidates: candidates ?? null,
      answer: answer ?? null,
      nextLookAt: againInMs === undefined ? null : inMs(againInMs),
    })
    .where(and(same(doubt), isNotNull(sendDoubts.nextLookAt)));
}

/** It could not be looked at just now. */
export async function postponeLook(db: Executor, doubt: Doubt, ms: number): Promise<void> {
  await db
    .update(sendDoubts)
    .set({ nextLookAt: inMs(ms) })
    .where(and(same(doubt), isNotNull(sendDoubts.nextLookAt)));
}

/**
 * It is proved to have arrived: the send is `sent`, also where it was about to be sent again. True when that was
 * news; a send that was repeated and has arrived again stays as it is, and the doubt tells of the first one.
 */
export function proveDelivered(
  db: Database,
  doubt: Doubt,
  channelMessageId: string,
  look: LookToKeep,
): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [settled] = await tx
      .update(sends)
      .set({
        state: 'sent',
        channelMessageId,
        reason: null,
        error: null,
        settledAt: sql`now()`,
        resolution: 'delivered',
        resolvedBy: 'probe',
        resolvedAt: sql`now()`,
        possiblyRepeated: false,
      })
      .where(and(eq(sends.id, doubt.sendId), inArray(sends.state, ['unknown', 'pending'])))
      .returning({ id: sends.id });
    await keepLook(tx, doubt, look);
    await tx.update(sendDoubts).set({ messageId: channelMessageId }).where(same(doubt));
    if (!settled) return false;
    const to = await findConversation(tx, doubt.conversationId);
    if (to) await recordSaid(tx, to, { ...doubt, id: doubt.sendId }, channelMessageId);
    await recordEvent(tx, resolved(doubt, 'delivered', 'probe', look));
    return true;
  });
}

/** Puts it back to be sent once more, marked. False when it has been settled or repeated meanwhile. */
export function repeatSend(db: Database, doubt: Doubt, look: LookToKeep): Promise<boolean> {
  return db.transaction(async (tx) => {
    const [put] = await tx
      .update(sends)
      .set({
        state: 'pending',
        reason: null,
        settledAt: null,
        possiblyRepeated: true,
        resolution: 'resend',
        resolvedBy: 'policy',
        resolvedAt: sql`now()`,
      })
      .where(and(eq(sends.id, doubt.sendId), eq(sends.state, 'unknown'), eq(sends.possiblyRepeated, false)))
      .returning({ id: sends.id });
    await keepLook(tx, doubt, look);
    if (!put) return false;
    await recordEvent(tx, resolved(doubt, 'resend', 'policy', look));
    return true;
  });
}

const resolved = (
  { tenantId, workflowId, correlationId, sendId, attempt }: Doubt,
  resolution: 'delivered' | 'resend',
  by: 'probe' | 'policy',
  { finding, looks }: LookToKeep,
) => ({
  tenantId,
  eventType: 'send.resolved',
  subject: workflowId,
  data: { sendId, attempt, resolution, by, finding, looks },
  correlationId,
});

/** What was put back by policy and has not gone out for so long: whoever was to send it was not told. */
export async function repeatsLeftBehind(
  db: Executor,
  olderThanMs: number,
): Promise<Pick<Doubt, 'sendId' | 'attempt' | 'conversationId' | 'key' | 'correlationId'>[]> {
  return db
    .select({
      sendId: sends.id,
      attempt: sends.attempts,
      conversationId: sends.conversationId,
      key: sends.key,
      correlationId: sends.correlationId,
    })
    .from(sends)
    .where(
      and(
        sql`${sends.state} = 'pending'`,
        eq(sends.possiblyRepeated, true),
        lte(sends.resolvedAt, sql`now() - make_interval(secs => ${olderThanMs / 1000}::float8)`),
      ),
    )
    .limit(100);
}
