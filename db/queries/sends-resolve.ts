import { and, eq, isNotNull, sql } from 'drizzle-orm';
import type { SendResolution } from '../../domain/sends.ts';
import type { Database, Executor } from '../client.ts';
import { automationEvents, sendDoubts, sends } from '../schema/index.ts';
import { findConversation } from './conversations.ts';
import { type EventToRecord, recordEvent } from './events.ts';
import { findSend, type SendView } from './sends-read.ts';
import { recordSaid } from './transcript.ts';

export interface SendToResolve {
  tenantId: string;
  sendId: string;
  resolution: SendResolution;
  /** What the platform calls the message, where the person who found it could tell. */
  channelMessageId?: string | undefined;
  /** Hash of the caller's idempotency key: the same key decides once, for as long as events are kept. */
  key: string;
  actor: string;
  correlationId: string;
}

export type ResolveResult =
  | { kind: 'resolved' | 'existing'; send: SendView }
  | { kind: 'missing' }
  /** It is not in doubt (any more). */
  | { kind: 'settled'; send: SendView }
  /** The key has decided something else. */
  | { kind: 'conflict' };

const RESOLVED = 'api.send_resolved';

/**
 * Writes down what a person decided about a send in doubt. Of several decisions at the same time one counts;
 * it and its event are committed together.
 */
export function resolveSend(db: Database, request: SendToResolve): Promise<ResolveResult> {
  const { tenantId, sendId } = request;
  return db.transaction(async (tx): Promise<ResolveResult> => {
    const send = await findSend(tx, tenantId, sendId, true);
    if (send === undefined) return { kind: 'missing' };
    const decided = await decision(tx, request);
    if (decided !== undefined) {
      return decided === decisionOf(request) ? { kind: 'existing', send } : { kind: 'conflict' };
    }
    if (send.state !== 'unknown') return { kind: 'settled', send };

    await tx
      .update(sends)
      .set({
        ...CHANGES[request.resolution],
        ...(request.channelMessageId === undefined ? {} : { channelMessageId: request.channelMessageId }),
        resolution: request.resolution,
        resolvedBy: request.actor,
        resolvedAt: sql`now()`,
      })
      .where(and(eq(sends.tenantId, tenantId), eq(sends.id, sendId)));
    // The latest attempt is what was decided about; nothing is looked for any more.
    await tx
      .update(sendDoubts)
      .set({ nextLookAt: null, waitsForPerson: false })
      .where(and(eq(sendDoubts.sendId, sendId), isNotNull(sendDoubts.nextLookAt)));
    if (request.channelMessageId !== undefined) {
      await tx
        .update(sendDoubts)
        .set({ messageId: request.channelMessageId })
        .where(and(eq(sendDoubts.sendId, sendId), eq(sendDoubts.attempt, send.attempts)));
    }
    const to = await findConversation(tx, send.conversationId);
    if (request.resolution === 'delivered' && to) await recordSaid(tx, to, send, request.channelMessageId);
    await recordEvent(tx, eventOf(request, send));
    const after = await findSend(tx, tenantId, sendId);
    return { kind: 'resolved', send: after ?? send };
  });
}

const CHANGES = {
  delivered: { state: 'sent', reason: null, settledAt: sql`now()` },
  // In its old place: what was recorded later waits behind it.
  resend: { state: 'pending', reason: null, settledAt: null },
  drop: { state: 'refused', reason: 'dropped', settledAt: sql`now()` },
} as const;

const decisionOf = ({ resolution, channelMessageId }: SendToResolve): string =>
  channelMessageId === undefined ? resolution : `${resolution} ${channelMessageId}`;

/** What the same key has decided before. */
async function decision(tx: Executor, { tenantId, sendId, key }: SendToResolve): Promise<string | undefined> {
  const [row] = await tx
    .select({ decision: sql<string>`${automationEvents.data}->>'decision'` })
    .from(automationEvents)
    .where(
      and(
        eq(automationEvents.tenantId, tenantId),
        eq(automationEvents.subject, sendId),
        eq(automationEvents.eventType, RESOLVED),
        sql`${automationEvents.data}->>'key' = ${key}`,
      ),
    )
    .limit(1);
  return row?.decision;
}

const eventOf = (request: SendToResolve, send: SendView): EventToRecord => ({
  tenantId: request.tenantId,
  eventType: RESOLVED,
  subject: request.sendId,
  data: {
    workflow_id: send.workflowId,
    resolution: request.resolution,
    decision: decisionOf(request),
    key: request.key,
  },
  correlationId: request.correlationId,
  actor: request.actor,
});
