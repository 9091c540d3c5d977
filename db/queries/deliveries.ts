import { and, asc, eq, isNull, lt, sql } from 'drizzle-orm';
import type { Database, Executor } from '../client.ts';
import { deliveries } from '../schema/index.ts';
import { recordEvent } from './events.ts';

export interface DeliveryToStore {
  tenantId: string;
  process: string;
  /** Hash of the sender's name for it. */
  key: string;
  workflowId: string;
  input: unknown;
  fingerprint: string;
  correlationId: string;
}

export type DeliveryStored = { kind: 'stored'; id: string } | { kind: 'existing' | 'conflict' };

/** Stores a delivery, once per key. The same key with another body is a conflict, and nothing is changed. */
export function storeDelivery(db: Database, delivery: DeliveryToStore): Promise<DeliveryStored> {
  return db.transaction(async (tx): Promise<DeliveryStored> => {
    const { tenantId, process, key, workflowId, correlationId, fingerprint } = delivery;
    const [fresh] = await tx
      .insert(deliveries)
      .values(delivery)
      .onConflictDoNothing()
      .returning({ id: deliveries.id });
    if (fresh) {
      await recordEvent(tx, {
        tenantId,
        eventType: 'hook.delivered',
        subject: workflowId,
        data: { process },
        correlationId,
        actor: `hook:${process}`,
      });
      return { kind: 'stored', id: fresh.id };
    }
    const [known] = await tx
      .select({ fingerprint: deliveries.fingerprint })
      .from(deliveries)
      .where(
        and(eq(deliveries.tenantId, tenantId), eq(deliveries.process, process), eq(deliveries.key, key)),
      );
    return { kind: known?.fingerprint === fingerprint ? 'existing' : 'conflict' };
  });
}

/** A stored delivery that the engine has not taken yet. */
export async function openDelivery(db: Executor, id: string) {
  const [row] = await db
    .select()
    .from(deliveries)
    .where(and(eq(deliveries.id, id), isNull(deliveries.settledAt)));
  return row;
}

/** The run was started, or can never be: then with the reason. What it was given is not kept twice. */
export async function settleDelivery(db: Executor, id: string, refusal?: string): Promise<void> {
  await db
    .update(deliveries)
    .set({ settledAt: sql`now()`, refusal, ...(refusal === undefined ? { input: null } : {}) })
    .where(and(eq(deliveries.id, id), isNull(deliveries.settledAt)));
}

/** Deliveries that wait longer than this for their run: what a crash or an outage left behind, oldest first. */
export async function deliveriesLeftBehind(
  db: Executor,
  olderThanMs: number,
  limit: number,
): Promise<string[]> {
  const rows = await db
    .select({ id: deliveries.id })
    .from(deliveries)
    .where(
      and(
        isNull(deliveries.settledAt),
        lt(deliveries.createdAt, sql`now() - make_interval(secs => ${olderThanMs / 1000})`),
      ),
    )
    .orderBy(asc(deliveries.createdAt))
    .limit(limit);
  return rows.map(({ id }) => id);
}
