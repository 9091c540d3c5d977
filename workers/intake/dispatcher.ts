import type { Client } from '@temporalio/client';
import { type IntentOf, toEnvelope } from '../../activities/store/envelope.ts';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { conversationsLeftBehind, type InboundRow, undispatchedOf } from '../../db/queries/conversations.ts';
import { markDispatched } from '../../db/queries/intake.ts';
import type { conversation } from '../../workflows/index.ts';
import { inboundSignal } from '../../workflows/kit/messages.ts';
import { type ConversationOptions, conversationStart } from '../desk.ts';
import { createPump, SIGNAL_MS } from './pump.ts';

export interface DispatcherOptions extends ConversationOptions {
  db: Database;
  client: Client;
  log: Logger;
  /** Where rules decide what a message wants. */
  intentOf?: IntentOf | undefined;
  /** How often what a crash or an outage left behind is looked for. */
  sweepMs?: number;
  /** Called with the age of the oldest message of a batch when its signal was accepted. */
  onDispatched?: (messages: number, waitedMs: number) => void;
  /** Called by each sweep with the number of conversations that it found waiting. */
  onLeftBehind?: (conversations: number) => void;
}

const BATCH = 50;

/**
 * Signals conversations about stored messages: at once when nudged, by a sweep after failures. Messages of
 * a chat that arrive while one signal is under way go together in the next. Signalling late, twice or from
 * several replicas is harmless: the conversation brings numbers into order.
 */
export function createDispatcher(options: DispatcherOptions) {
  const { db, client, log } = options;

  async function signal(conversationId: string, rows: InboundRow[]): Promise<void> {
    await client.withDeadline(Date.now() + SIGNAL_MS, () =>
      client.workflow.signalWithStart<typeof conversation, [ReturnType<typeof toEnvelope>[]]>(
        'conversation',
        {
          ...conversationStart(conversationId, options),
          signal: inboundSignal,
          signalArgs: [rows.map((row) => toEnvelope(row, options.intentOf))],
        },
      ),
    );
    const [first] = rows;
    if (!first) return;
    await markDispatched(
      db,
      first.tenantId,
      rows.map((row) => row.id),
    );
    options.onDispatched?.(rows.length, Date.now() - first.createdAt.getTime());
  }

  return createPump({
    log,
    what: 'Messages',
    sweepMs: options.sweepMs,
    onLeftBehind: options.onLeftBehind,
    async deliver(conversationId) {
      const rows = await undispatchedOf(db, conversationId, BATCH);
      if (rows.length > 0) await signal(conversationId, rows);
      return rows.length === BATCH;
    },
    leftBehind: async (olderThanMs, limit) =>
      (await conversationsLeftBehind(db, olderThanMs, limit)).map((left) => left.conversationId),
  });
}

export type Dispatcher = ReturnType<typeof createDispatcher>;
