import type { Client } from '@temporalio/client';
import { toEnvelope } from '../../activities/store/envelope.ts';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import { conversationsLeftBehind, type InboundRow, undispatchedOf } from '../../db/queries/conversations.ts';
import { markDispatched } from '../../db/queries/intake.ts';
import type { conversation } from '../../workflows/index.ts';
import { inboundSignal } from '../../workflows/kit/messages.ts';
import { type ConversationOptions, conversationStart } from '../desk.ts';
import { createLimit } from '../projector/limit.ts';

export interface DispatcherOptions extends ConversationOptions {
  db: Database;
  client: Client;
  log: Logger;
  /** How often what a crash or an outage left behind is looked for. */
  sweepMs?: number;
  /** Called with the age of the oldest message of a batch when its signal was accepted. */
  onDispatched?: (messages: number, waitedMs: number) => void;
  /** Called by each sweep with the number of conversations that it found waiting. */
  onLeftBehind?: (conversations: number) => void;
}

const BATCH = 50;
/** Signals under way at the same time: a backlog must not take the engine's breath when it is back. */
const CONCURRENCY = 16;
/** A signal that nobody has answered by then is sent again by the sweep. */
const SIGNAL_MS = 5_000;
const SWEEP_LIMIT = 500;
/** Younger messages belong to a nudge that is still under way. */
const SWEEP_AGE_MS = 2_000;

/**
 * Signals conversations about stored messages: at once when nudged, by a sweep after failures. Messages of
 * a chat that arrive while one signal is under way go together in the next. Signalling late, twice or from
 * several replicas is harmless: the conversation brings numbers into order.
 */
export function createDispatcher(options: DispatcherOptions) {
  const { db, client, log } = options;
  /** Conversations with a signal under way; true when there is more to send after it. */
  const busy = new Map<string, boolean>();
  const working = new Set<Promise<void>>();
  const limited = createLimit(CONCURRENCY);
  let sweeping: NodeJS.Timeout | undefined;
  let failing = false;
  let stopped = false;

  function nudge(conversationId: string): void {
    if (stopped) return;
    if (busy.has(conversationId)) {
      busy.set(conversationId, true);
      return;
    }
    busy.set(conversationId, false);
    const work = limited(() => drain(conversationId)).finally(() => working.delete(work));
    working.add(work);
  }

  async function drain(conversationId: string): Promise<void> {
    try {
      do {
        if (stopped) return;
        busy.set(conversationId, false);
        const rows = await undispatchedOf(db, conversationId, BATCH);
        if (rows.length > 0) await signal(conversationId, rows);
        if (rows.length === BATCH) busy.set(conversationId, true);
      } while (busy.get(conversationId));
    } catch (error) {
      // The rows stay undispatched, and the sweep comes back to them. One line tells of an outage, not thousands.
      if (!failing) log.warn({ conversationId, err: error }, 'Messages are stored and wait for the engine.');
      failing = true;
    } finally {
      busy.delete(conversationId);
    }
  }

  async function signal(conversationId: string, rows: InboundRow[]): Promise<void> {
    await client.withDeadline(Date.now() + SIGNAL_MS, () =>
      client.workflow.signalWithStart<typeof conversation, [ReturnType<typeof toEnvelope>[]]>(
        'conversation',
        {
          ...conversationStart(conversationId, options),
          signal: inboundSignal,
          signalArgs: [rows.map(toEnvelope)],
        },
      ),
    );
    if (failing) log.info('The engine takes messages again.');
    failing = false;
    const [first] = rows;
    if (!first) return;
    await markDispatched(
      db,
      first.tenantId,
      rows.map((row) => row.id),
    );
    options.onDispatched?.(rows.length, Date.now() - first.createdAt.getTime());
  }

  async function sweep(): Promise<void> {
    try {
      const left = await conversationsLeftBehind(db, SWEEP_AGE_MS, SWEEP_LIMIT);
      options.onLeftBehind?.(left.length);
      for (const { conversationId } of left) nudge(conversationId);
    } catch (error) {
      log.warn({ err: error }, 'The sweep for stored messages failed; it comes again.');
    }
    if (!stopped) sweeping = setTimeout(() => void sweep(), options.sweepMs ?? 2_000);
  }

  return {
    nudge,
    start: (): void => void sweep(),
    /** Waits for the signals under way. */
    async stop(): Promise<void> {
      stopped = true;
      clearTimeout(sweeping);
      await Promise.allSettled(working);
    },
  };
}

export type Dispatcher = ReturnType<typeof createDispatcher>;
