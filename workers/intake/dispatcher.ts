import type { Client } from '@temporalio/client';
import { type IntentOf, toEnvelope } from '../../activities/store/envelope.ts';
import type { Logger } from '../../config/logger.ts';
import type { Database } from '../../db/client.ts';
import {
  conversationsLeftBehind,
  type InboundRow,
  servedBefore,
  type UndispatchedRow,
  undispatchedOf,
} from '../../db/queries/conversations.ts';
import { liftExpired, markSuspensionTold } from '../../db/queries/customer-states.ts';
import { type Dispatched, markDispatched } from '../../db/queries/intake.ts';
import { takeShare } from '../../db/queries/limits.ts';
import type { Envelope } from '../../domain/envelope.ts';
import { aboveLimit, CUSTOMER_WINDOW_MS, LIMIT_TOLD_EVERY_MS } from '../../domain/limits.ts';
import type { Withheld } from '../../domain/message.ts';
import type { conversation } from '../../workflows/index.ts';
import { inboundSignal } from '../../workflows/kit/messages.ts';
import { type ConversationOptions, conversationStart } from '../desk.ts';
import { createBatches } from './batches.ts';
import { createPace } from './pace.ts';
import { createPump, SIGNAL_MS } from './pump.ts';

export interface DispatcherOptions extends ConversationOptions {
  db: Database;
  client: Client;
  log: Logger;
  /** IANA time zone in which customers read times. */
  timeZone: string;
  /** Messages a minute that are served: of a customer in one chat, and of a tenant; 0 as many as come. */
  limits: { perCustomer: number; perTenant: number };
  /** Which limit acted, and on how many messages. */
  onLimited?: (limit: 'customer' | 'tenant', messages: number) => void;
  /** Where rules decide what a message wants. */
  intentOf?: IntentOf | undefined;
  /** Resolves when this process has time for more than storing what comes in, at the latest after a moment. */
  calm?: () => Promise<void>;
  /** How often what a crash or an outage left behind is looked for. */
  sweepMs?: number;
  /** Called with the age of the oldest message of a batch when its signal was accepted. */
  onDispatched?: (messages: number, waitedMs: number) => void;
  /** Called by each sweep with the number of conversations that it found waiting. */
  onLeftBehind?: (conversations: number) => void;
}

/** A chat in which more is written is told of it in fewer, larger signals. */
const CHAT_PACE = { burst: 4, everyMs: 1_000 };
/** Messages that one signal tells of. */
const BATCH = 50;
/** Conversations that are looked up, or marked, by one statement. */
const TOGETHER = 64;

/**
 * Signals conversations about stored messages: at once when nudged, by a sweep after failures. Messages of
 * a chat that arrive while one signal is under way go together in the next. Signalling late, twice or from
 * several replicas is harmless: the conversation brings numbers into order. What a banned customer wrote is
 * withheld, and of what a suspended one wrote only now and then a message passes, to be answered with the end.
 * What a customer writes above the limit is withheld, too, and they are told once; what a tenant gets above its own waits.
 */
export function createDispatcher(options: DispatcherOptions) {
  const { db, client, limits, log } = options;
  const onLimited = options.onLimited ?? (() => undefined);

  const notices = createNotices();
  const waiting = createBatches({
    keyOf: (conversationId: string) => conversationId,
    lanes: 1,
    max: TOGETHER,
    async run(conversationIds) {
      const rows = await undispatchedOf(db, conversationIds, { limit: BATCH, perWindow: limits.perCustomer });
      return conversationIds.map((id) => rows.filter(({ conversationId }) => conversationId === id));
    },
  });
  const marks = createBatches({
    keyOf: (done: readonly Dispatched[]) => done[0]?.messageId ?? '',
    lanes: 1,
    max: TOGETHER,
    async run(done) {
      await markDispatched(db, done.flat());
      return done.map(() => undefined);
    },
  });

  const toSignal = (row: InboundRow): Envelope => toEnvelope(row, options.intentOf);

  async function signal(conversationId: string, envelopes: Envelope[]): Promise<void> {
    await client.withDeadline(Date.now() + SIGNAL_MS, () =>
      client.workflow.signalWithStart<typeof conversation, [Envelope[]]>('conversation', {
        ...conversationStart(conversationId, options),
        signal: inboundSignal,
        signalArgs: [envelopes],
      }),
    );
  }

  /** All of one conversation, so one customer's state holds for all of them. */
  async function pass(conversationId: string, rows: UndispatchedRow[]): Promise<void> {
    const [first] = rows;
    if (!first) return;
    const { tenantId, customerId } = first;
    const done = (withheld?: Withheld) => marks.add(rows.map((row) => mark(row, withheld)));
    if (first.customerState === 'banned') return done('banned');
    if (first.suspendedUntil && first.suspensionOver) await liftExpired(db, tenantId, customerId);
    else if (first.suspendedUntil) {
      if (!first.suspensionTold) {
        const suspendedUntil = inWords(first.suspendedUntil, options.timeZone);
        await signal(conversationId, [{ ...toSignal(first), suspendedUntil }]);
        await markSuspensionTold(db, { tenantId, customerId });
      }
      return done('suspended');
    }
    const { served, above } = await divide(rows);
    if (!(await tenantServes(tenantId, served.length))) return;
    const [told] = above;
    if (told) {
      // Before the signal: the conversation fetches what lies between the messages that it is told of.
      await marks.add(above.map((row) => mark(row, 'limited')));
      onLimited('customer', above.length);
    }
    const envelopes = served.map(toSignal);
    if (told && !notices.has(conversationId)) envelopes.push({ ...toSignal(told), limited: true });
    if (envelopes.length === 0) return;
    await signal(conversationId, envelopes);
    if (told) notices.add(conversationId);
    await marks.add(served.map((row) => mark(row)));
    options.onDispatched?.(served.length, Date.now() - first.createdAt.getTime());
  }

  /** Who wrote more than is served in a minute, and which messages these are. */
  async function divide(rows: UndispatchedRow[]) {
    const [first] = rows;
    const crowded = ({ createdAt, earlierAt }: UndispatchedRow) =>
      earlierAt !== null && createdAt.getTime() - earlierAt.getTime() < CUSTOMER_WINDOW_MS;
    if (first?.number == null || !rows.some(crowded)) return { served: rows, above: [] };
    const before = await servedBefore(db, { ...first, number: first.number }, limits.perCustomer);
    const over = aboveLimit(
      before.map((at) => at.getTime()),
      rows.map(({ createdAt }) => createdAt.getTime()),
      limits.perCustomer,
    );
    return { served: rows.filter((_, at) => !over[at]), above: rows.filter((_, at) => over[at]) };
  }

  /** What is not served now stays as it is, and the sweep comes back to it. */
  async function tenantServes(tenantId: string, cost: number): Promise<boolean> {
    if (limits.perTenant === 0 || cost === 0) return true;
    const share = { bucket: 'messages_tenant', subject: tenantId, perMinute: limits.perTenant, cost };
    if ((await takeShare(db, share)) === undefined) return true;
    onLimited('tenant', cost);
    return false;
  }

  return createPump({
    log,
    what: 'Messages',
    pace: createPace(CHAT_PACE).take,
    sweepMs: options.sweepMs,
    onLeftBehind: options.onLeftBehind,
    async deliver(conversationId) {
      await options.calm?.();
      const rows = await waiting.add(conversationId);
      await pass(conversationId, rows);
      return rows.length === BATCH;
    },
    leftBehind: async (olderThanMs, limit) =>
      (await conversationsLeftBehind(db, olderThanMs, limit)).map((left) => left.conversationId),
  });
}

const mark = ({ tenantId, id }: UndispatchedRow, withheld?: Withheld): Dispatched => ({
  tenantId,
  messageId: id,
  withheld,
});

const inWords = (at: Date, timeZone: string): string =>
  new Intl.DateTimeFormat('ru', { timeZone, dateStyle: 'short', timeStyle: 'short' }).format(at);

/** Which conversations were told of the limit lately: the word goes there once, not with every signal. */
function createNotices() {
  const toldAt = new Map<string, number>();
  return {
    has: (conversationId: string): boolean =>
      Date.now() - (toldAt.get(conversationId) ?? 0) < LIMIT_TOLD_EVERY_MS,
    add(conversationId: string): void {
      const now = Date.now();
      for (const [other, at] of toldAt) if (now - at >= LIMIT_TOLD_EVERY_MS) toldAt.delete(other);
      if (!toldAt.has(conversationId)) toldAt.set(conversationId, now);
    },
  };
}

export type Dispatcher = ReturnType<typeof createDispatcher>;
