import { and, desc, eq, gt, gte, inArray, lt, ne, type SQL, sql } from 'drizzle-orm';
import { type Interval, intervalAround, numbered } from '../../domain/doubt.ts';
import type { Executor } from '../client.ts';
import { conversations, messages, sendDoubts, sends } from '../schema/index.ts';
import { keyAt } from './absence.ts';

/** An attempt among the messages of its account. */
export interface Attempt {
  tenantId: string;
  channelId: string;
  chatId: string;
  recordedAt: Date;
  begunAt: Date;
  endedAt: Date;
}

export interface Scope {
  /** Whether messages of this chat are numbered together with those of the attempt's. */
  counts(chatId: string): boolean;
  /** What was known earlier does not count: the ledger may lack what came between. */
  since?: Date | undefined;
}

/** Keys of messages are in the order of their time, as far as clocks agree. */
const MARGIN_MS = 60_000;
const DAY_MS = 24 * 3_600_000;
/** How far back the last number before an attempt is looked for: first near, then far. */
const LOOK_BACK_MS = [DAY_MS, 60 * DAY_MS];
/** The highest number is among the newest so many messages, whatever the order in which they came in. */
const NEWEST = 300;

const ofChannel = ({ tenantId, channelId }: Attempt) =>
  and(eq(messages.tenantId, tenantId), eq(conversations.channelId, channelId));

const columns = { id: messages.channelMessageId, chatId: messages.chatId };

async function messagesOf(
  db: Executor,
  attempt: Attempt,
  where: SQL | undefined,
  { counts }: Scope,
): Promise<number[]> {
  const rows = await db
    .select(columns)
    .from(messages)
    .innerJoin(conversations, eq(conversations.id, messages.conversationId))
    .where(and(ofChannel(attempt), where))
    .orderBy(desc(messages.id))
    .limit(NEWEST);
  return numbered(rows.filter(({ chatId }) => counts(chatId)).map(({ id }) => id));
}

/**
 * Numbers of messages known around an attempt. What is known before it began was numbered before; of what is known
 * later, only a message whose sending began after the attempt had ended is certain to have come after it. Where
 * nothing was sent since, the highest of what customers wrote serves: what is stored late was numbered early.
 */
export async function knownAround(db: Executor, attempt: Attempt, scope: Scope): Promise<Partial<Interval>> {
  let before: number[] = [];
  for (const back of LOOK_BACK_MS) {
    const from = new Date(Math.max(attempt.begunAt.getTime() - back, scope.since?.getTime() ?? 0));
    const known = and(
      gt(messages.id, keyAt(from.getTime() - MARGIN_MS)),
      lt(messages.id, keyAt(attempt.begunAt.getTime() + MARGIN_MS)),
      gt(messages.createdAt, from),
      lt(messages.createdAt, attempt.begunAt),
    );
    before = await messagesOf(db, attempt, known, scope);
    if (before.length > 0) break;
  }
  const sent = await db
    .select({ id: sends.channelMessageId, chatId: sends.chatId })
    .from(sends)
    .where(
      and(
        eq(sends.tenantId, attempt.tenantId),
        gte(sends.createdAt, attempt.recordedAt),
        eq(sends.channelId, attempt.channelId),
        eq(sends.state, 'sent'),
        gt(sends.attemptedAt, attempt.endedAt),
      ),
    )
    .orderBy(sends.createdAt, sends.id)
    .limit(NEWEST);
  const after = numbered(sent.flatMap(({ id, chatId }) => (id !== null && scope.counts(chatId) ? id : [])));
  const certain = intervalAround(before, after);
  if (certain.before !== undefined) return certain;
  const later = and(
    gt(messages.id, keyAt(attempt.endedAt.getTime() - MARGIN_MS)),
    gt(messages.createdAt, attempt.endedAt),
    eq(messages.direction, 'inbound'),
  );
  const written = await messagesOf(db, attempt, later, scope);
  return intervalAround(before, written.length === 0 ? [] : [Math.max(...written)]);
}

/** Numbers within the interval that a stored message has. */
export async function claimedBetween(
  db: Executor,
  attempt: Attempt,
  { after, before }: Interval,
  { counts }: Scope,
): Promise<number[]> {
  const number = sql`(case when ${messages.channelMessageId} ~ '^[0-9]{1,15}$' then ${messages.channelMessageId}::bigint end)`;
  const rows = await db
    .select(columns)
    .from(messages)
    .innerJoin(conversations, eq(conversations.id, messages.conversationId))
    .where(
      and(
        ofChannel(attempt),
        gt(messages.id, keyAt(attempt.begunAt.getTime() - MARGIN_MS)),
        sql`${number} > ${after} and ${number} < ${before}`,
      ),
    );
  return numbered(rows.filter(({ chatId }) => counts(chatId)).map(({ id }) => id));
}

/** Which of these numbers a message of this very conversation has, whenever it was stored. */
export async function claimedIn(
  db: Executor,
  { tenantId, conversationId }: { tenantId: string; conversationId: string },
  ids: readonly number[],
): Promise<number[]> {
  const rows = await db
    .select({ id: messages.channelMessageId })
    .from(messages)
    .where(
      and(
        eq(messages.tenantId, tenantId),
        eq(messages.conversationId, conversationId),
        inArray(messages.channelMessageId, ids.map(String)),
      ),
    );
  return numbered(rows.map(({ id }) => id));
}

export type Rival = Attempt & { messageId: string | null };

/** Attempts to say something else in this chat whose fate was unknown, settled since or not. */
export function rivalsOf(
  db: Executor,
  { tenantId, conversationId, sendId }: { tenantId: string; conversationId: string; sendId: string },
): Promise<Rival[]> {
  return db
    .select({
      tenantId: sendDoubts.tenantId,
      channelId: sends.channelId,
      chatId: sends.chatId,
      recordedAt: sends.createdAt,
      begunAt: sendDoubts.begunAt,
      endedAt: sendDoubts.endedAt,
      messageId: sendDoubts.messageId,
    })
    .from(sendDoubts)
    .innerJoin(sends, eq(sends.id, sendDoubts.sendId))
    .where(
      and(
        eq(sendDoubts.tenantId, tenantId),
        eq(sendDoubts.conversationId, conversationId),
        ne(sendDoubts.sendId, sendId),
      ),
    );
}
