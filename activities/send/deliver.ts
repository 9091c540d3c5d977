import { setTimeout } from 'node:timers/promises';
import type { Database } from '../../db/client.ts';
import type { ConversationRow } from '../../db/queries/conversations.ts';
import { markReachable } from '../../db/queries/customers.ts';
import { recordEvent } from '../../db/queries/events.ts';
import { doubtSend } from '../../db/queries/send-doubts.ts';
import {
  markPending,
  markRefused,
  markSending,
  markSent,
  openSends,
  type SendRow,
} from '../../db/queries/sends.ts';
import { isDatabaseUnavailable } from '../../db/unavailable.ts';
import { toPlain } from '../../domain/format/plain.ts';
import type { Chunk } from '../../domain/outbound.ts';
import type { Channel } from '../channel/contract.ts';
import { notYet } from '../failures.ts';
import type { Governor } from './governor.ts';

/** The platform's answer must come within this time. */
const HTTP_DEADLINE_MS = 8_000;
/** No chunk is begun later than this: with its own deadline it ends before the activity's start-to-close. */
const BEGIN_WITHIN_MS = 14_000;
/** Why a send is in doubt whose intent is all that is known of it. */
export const SENDER_DIED = 'The sender died between recording its intent and the answer.';
/** How long what the platform said is kept in hand while the database is away. */
const INSIST_MS = 5_000;
const INSIST_PAUSE_MS = 200;

export interface Delivery {
  db: Database;
  governor: Governor;
  channel: Channel;
  to: ConversationRow;
  /** Nothing more is begun after it fires. What is on its way is waited for: cutting it off would make it unknown. */
  signal: AbortSignal;
}

/**
 * Sends what is open in a chat, in ledger order, up to and including the rows of `key`.
 * The caller holds the chat's lock. Throws a retryable failure when the platform asked to wait or
 * cannot be reached; what was settled until then stays settled. Returns what it has sent, by id.
 */
export async function deliverUpTo(delivery: Delivery, key: string): Promise<Map<string, SendRow>> {
  const open = await openSends(delivery.db, delivery.to.tenantId, delivery.to.conversationId);
  const last = open.findLastIndex((row) => row.key === key);
  const late = AbortSignal.timeout(BEGIN_WITHIN_MS);
  const sent = new Map<string, SendRow>();
  for (const row of open.slice(0, last + 1)) {
    delivery.signal.throwIfAborted();
    if (late.aborted) throw notYet('Send.More', 'More of it is to be sent than fits into one attempt.', 1);
    if (row.state === 'sending') {
      // Its sender held this lock and is gone: whether the request left, nobody can tell.
      await doubtSend(delivery.db, row.id, SENDER_DIED);
    } else {
      const channelMessageId = await sendRow(delivery, row);
      if (channelMessageId !== undefined) sent.set(row.id, { ...row, state: 'sent', channelMessageId });
    }
  }
  return sent;
}

/** The platform's id of the message where it was sent and recorded so. */
async function sendRow(delivery: Delivery, row: SendRow): Promise<string | undefined> {
  const { db, channel, governor, to, signal } = delivery;
  const waitMs = await governor.take(to);
  if (waitMs > governor.patienceMs) {
    throw notYet('Send.Budget', `The send budget of this chat is spent for ${waitMs} ms.`, waitMs);
  }
  if (waitMs > 0) await setTimeout(waitMs, undefined, { signal });

  const number = await markSending(db, row.id);
  if (number === undefined) return undefined;
  const attempt = await channel.send(to.chatId, row.chunk, AbortSignal.timeout(HTTP_DEADLINE_MS));
  switch (attempt.kind) {
    case 'sent':
      return (await insisting(() => markSent(db, row, to, attempt.channelMessageId, number)))
        ? attempt.channelMessageId
        : undefined;
    case 'unknown':
      await doubtSend(db, row.id, attempt.description);
      return undefined;
    case 'rate_limited':
      await markPending(db, row.id, `The platform asked to wait ${attempt.retryAfterMs} ms.`);
      await governor.pause(to, attempt.retryAfterMs);
      throw notYet('Send.RateLimited', 'The platform asked to wait.', attempt.retryAfterMs);
    case 'not_sent':
      await markPending(db, row.id, attempt.description);
      throw notYet('Send.Unreachable', attempt.description, 1_000);
    case 'refused':
      if (attempt.reason === 'markup' && isDecorated(row.chunk)) {
        const plain = toPlain(row.chunk);
        await markPending(db, row.id, attempt.description, plain);
        return sendRow(delivery, { ...row, chunk: plain });
      }
      await markRefused(db, row.id, attempt.reason, attempt.description);
      if (attempt.reason === 'unreachable') await markReachable(db, to.tenantId, to.customerId, false);
      await recordEvent(db, {
        tenantId: to.tenantId,
        eventType: 'send.refused',
        subject: row.workflowId,
        data: { sendId: row.id, reason: attempt.reason, description: attempt.description },
        correlationId: row.correlationId,
      });
  }
}

/**
 * An answer in hand must not become unknown because the database is restarting just now. The statement
 * may be repeated: it changes only what has not been settled.
 */
async function insisting<T>(statement: () => Promise<T>): Promise<T> {
  const until = Date.now() + INSIST_MS;
  for (;;) {
    try {
      return await statement();
    } catch (error) {
      if (!isDatabaseUnavailable(error) || Date.now() > until) throw error;
      await setTimeout(INSIST_PAUSE_MS);
    }
  }
}

/** Formatting and links under buttons can be refused; the same words without them cannot. */
const isDecorated = (chunk: Chunk): boolean =>
  chunk.entities.length > 0 || (chunk.buttons ?? []).flat().some((button) => 'url' in button);
