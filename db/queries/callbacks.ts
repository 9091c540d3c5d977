import { randomBytes } from 'node:crypto';
import { and, eq, isNotNull, isNull, lt, sql } from 'drizzle-orm';
import { type CallbackRef, callbackPath } from '../../domain/callback.ts';
import type { Database, Executor } from '../client.ts';
import { callbacks } from '../schema/index.ts';
import { recordEvent } from './events.ts';

export interface CallbackToOpen {
  tenantId: string;
  workflowId: string;
  /** Unique per tenant. */
  key: string;
  correlationId: string;
}

/**
 * Makes ready for an answer, once per key. A run that was reset opens the same callback again: what had
 * come is still there, and what had been given up is waited for anew.
 */
export async function openCallback(
  db: Executor,
  callback: CallbackToOpen,
): Promise<{ callbackId: string; received: boolean }> {
  const [row] = await db
    .insert(callbacks)
    .values({ ...callback, secret: randomBytes(32).toString('base64url') })
    .onConflictDoUpdate({
      target: [callbacks.tenantId, callbacks.key],
      set: {
        closedAt: null,
        receivedAt: sql`case when ${callbacks.body} is null then null else ${callbacks.receivedAt} end`,
        dispatchedAt: sql`case when ${callbacks.body} is null then null else ${callbacks.dispatchedAt} end`,
      },
    })
    .returning({ callbackId: callbacks.id, receivedAt: callbacks.receivedAt });
  if (!row) throw new Error('The callback row was not written.');
  return { callbackId: row.callbackId, received: row.receivedAt !== null };
}

/** Ends the wait, unless an answer was stored first: then `received`, and the answer counts. */
export async function closeCallback(db: Executor, ref: CallbackRef): Promise<{ received: boolean }> {
  const closed = await db
    .update(callbacks)
    .set({ closedAt: sql`now()` })
    .where(and(is(ref), isNull(callbacks.body)))
    .returning({ id: callbacks.id });
  return { received: closed.length === 0 };
}

/** The body that was stored, or undefined while none has come. */
export async function readCallbackBody(db: Executor, ref: CallbackRef): Promise<unknown> {
  const [row] = await db.select({ body: callbacks.body }).from(callbacks).where(is(ref));
  return row?.body ?? undefined;
}

/** The path that a provider is given, for the activity that gives it. */
export async function pathOfCallback(db: Executor, ref: CallbackRef): Promise<string> {
  const [row] = await db.select({ secret: callbacks.secret }).from(callbacks).where(is(ref));
  if (!row) throw new Error(`There is no callback ${ref.callbackId}.`);
  return callbackPath(ref.callbackId, row.secret);
}

/** A callback by the id in its token; whether the caller may answer it is for the secret to say. */
export async function findCallback(db: Executor, callbackId: string): Promise<FoundCallback | undefined> {
  const [row] = await db.select(found).from(callbacks).where(eq(callbacks.id, callbackId));
  return row;
}

export interface FoundCallback extends CallbackRef {
  secret: string;
  workflowId: string;
  correlationId: string;
}

export type CallbackTaken = 'stored' | 'repeated' | 'late';

/** Keeps the first answer. One that nobody waits for any more is noted once as an event, and not kept. */
export function storeCallback(db: Database, callback: FoundCallback, body: object): Promise<CallbackTaken> {
  return db.transaction(async (tx) => {
    const stored = await tx
      .update(callbacks)
      .set({ body, receivedAt: sql`now()` })
      .where(and(is(callback), isNull(callbacks.receivedAt), isNull(callbacks.closedAt)))
      .returning({ id: callbacks.id });
    if (stored.length > 0) return 'stored';
    const late = await tx
      .update(callbacks)
      .set({ receivedAt: sql`now()`, dispatchedAt: sql`now()` })
      .where(and(is(callback), isNull(callbacks.receivedAt)))
      .returning({ id: callbacks.id });
    if (late.length > 0) {
      await recordLate(tx, callback, 'timeout');
      return 'late';
    }
    const [row] = await tx
      .select({ kept: isNotNull(callbacks.body) })
      .from(callbacks)
      .where(is(callback));
    return row?.kept ? 'repeated' : 'late';
  });
}

/** A stored answer that its run has not been told of. */
export async function undispatchedCallback(
  db: Executor,
  callbackId: string,
): Promise<FoundCallback | undefined> {
  const [row] = await db
    .select(found)
    .from(callbacks)
    .where(
      and(eq(callbacks.id, callbackId), isNotNull(callbacks.receivedAt), isNull(callbacks.dispatchedAt)),
    );
  return row;
}

/** The run was told. `gone`: it had ended, and the answer is noted as late. */
export function markCallbackDispatched(db: Database, callback: FoundCallback, gone: boolean): Promise<void> {
  return db.transaction(async (tx) => {
    const marked = await tx
      .update(callbacks)
      .set({ dispatchedAt: sql`now()` })
      .where(and(is(callback), isNull(callbacks.dispatchedAt)))
      .returning({ id: callbacks.id });
    if (gone && marked.length > 0) await recordLate(tx, callback, 'run_ended');
  });
}

/** Answers that wait longer than this for their run to be told: what a crash or an outage left behind. */
export async function callbacksLeftBehind(
  db: Executor,
  olderThanMs: number,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .select({ id: callbacks.id })
    .from(callbacks)
    .where(
      and(
        isNotNull(callbacks.receivedAt),
        isNull(callbacks.dispatchedAt),
        lt(callbacks.receivedAt, sql`now() - make_interval(secs => ${olderThanMs / 1000})`),
      ),
    )
    .limit(limit);
  return rows.map((row) => row.id);
}

const found = {
  tenantId: callbacks.tenantId,
  callbackId: callbacks.id,
  secret: callbacks.secret,
  workflowId: callbacks.workflowId,
  correlationId: callbacks.correlationId,
};

const is = ({ tenantId, callbackId }: CallbackRef) =>
  and(eq(callbacks.tenantId, tenantId), eq(callbacks.id, callbackId));

const recordLate = (tx: Executor, callback: FoundCallback, reason: 'timeout' | 'run_ended') =>
  recordEvent(tx, {
    tenantId: callback.tenantId,
    eventType: 'callback.late',
    subject: callback.workflowId,
    data: { callbackId: callback.callbackId, reason },
    correlationId: callback.correlationId,
    actor: 'provider',
  });
