import { and, eq, lte, type SQL, sql } from 'drizzle-orm';
import { type CustomerActor, type CustomerState, isSanctioned, mayMove } from '../../domain/customer.ts';
import type { Database, Executor } from '../client.ts';
import { customers } from '../schema/index.ts';
import { type EventToRecord, recordEvent } from './events.ts';

interface Which {
  tenantId: string;
  customerId: string;
}

/**
 * A name or a phone was told. Nothing happens to a customer who is more than new; under a sanction the state to
 * return to advances.
 */
export async function registerCustomer(
  tx: Executor,
  { tenantId, customerId }: Which,
  correlationId: string,
): Promise<void> {
  const { state, stateSince, stateBefore } = customers;
  const [moved] = await tx
    .update(customers)
    .set({
      state: sql`case when ${state} = 'new' then 'registered' else ${state} end`,
      stateSince: sql`case when ${state} = 'new' then now() else ${stateSince} end`,
      stateBefore: sql`case when ${stateBefore} = 'new' then 'registered' end`,
    })
    .where(and(ofCustomer(tenantId, customerId), sql`'new' in (${state}, ${stateBefore})`))
    .returning({ state });
  if (moved?.state !== 'registered') return;
  await recordEvent(tx, {
    tenantId,
    eventType: 'customer.registered',
    subject: customerId,
    data: { from: 'new', to: 'registered' },
    correlationId,
    actor: 'customer',
  });
}

/** What a change asks for. `lift` returns the customer to what they were before. */
export type StateChange =
  | { kind: 'suspend'; until: Date; reason: string }
  | { kind: 'ban'; reason: string }
  | { kind: 'lift'; reason: string };

export type StateChanged =
  | { kind: 'changed'; state: CustomerState }
  | { kind: 'unknown' }
  | { kind: 'refused'; state: CustomerState };

/**
 * Suspends, bans or lifts, with its event in the same transaction. A suspension may be given another end.
 * `refused` when the table of transitions does not lead there.
 */
export function changeState(
  db: Database,
  which: Which,
  change: StateChange,
  event: Pick<EventToRecord, 'correlationId' | 'actor'>,
  by: CustomerActor = 'ops',
): Promise<StateChanged> {
  const { tenantId, customerId } = which;
  return db.transaction(async (tx) => {
    const [known] = await tx
      .select({ state: customers.state, before: customers.stateBefore })
      .from(customers)
      .where(ofCustomer(tenantId, customerId))
      .for('update');
    if (!known) return { kind: 'unknown' };
    const from = known.state;
    const before = known.before ?? from;
    const to = change.kind === 'lift' ? before : change.kind === 'ban' ? 'banned' : 'suspended';
    const extends_ = change.kind === 'suspend' && from === 'suspended';
    if (change.kind === 'lift' ? !isSanctioned(from) : !extends_ && !mayMove(from, to, by)) {
      return { kind: 'refused', state: from };
    }
    await tx
      .update(customers)
      .set({
        state: to,
        stateBefore: change.kind === 'lift' ? null : before,
        stateReason: change.kind === 'lift' ? null : change.reason,
        stateSince: sql`now()`,
        suspendedUntil: change.kind === 'suspend' ? change.until : null,
        suspensionToldAt: null,
      })
      .where(ofCustomer(tenantId, customerId));
    await recordEvent(tx, {
      tenantId,
      eventType: `customer.${change.kind === 'lift' ? 'lifted' : to}`,
      subject: customerId,
      data: {
        from,
        to,
        reason: change.reason,
        ...(change.kind === 'suspend' ? { until: change.until.toISOString() } : {}),
      },
      ...event,
    });
    return { kind: 'changed', state: to };
  });
}

/**
 * Ends suspensions whose time has come, of one customer or of a tenant's, with an event each. Called where
 * the state is looked at: nothing has to run at the moment itself.
 */
export async function liftExpired(db: Executor, tenantId: string, customerId?: string): Promise<void> {
  await db.execute(sql`
    with over as (
      select id, state_before, suspended_until from ${customers}
      where ${and(
        eq(customers.tenantId, tenantId),
        customerId === undefined ? undefined : eq(customers.id, customerId),
        eq(customers.state, 'suspended'),
        lte(customers.suspendedUntil, sql`now()`),
      )}
      for update
    ), lifted as (
      update customers as c
      set state = over.state_before, state_before = null, state_reason = null, state_since = over.suspended_until,
        suspended_until = null, suspension_told_at = null
      from over where c.id = over.id
      returning c.id, c.state
    )
    insert into automation_events (id, tenant_id, event_type, subject, data, actor, correlation_id)
    select gen_random_uuid(), ${tenantId}::uuid, 'customer.lifted', id,
      jsonb_build_object('from', 'suspended', 'to', state, 'reason', 'its time has come'), 'system', id
    from lifted`);
}

/** A sanction on one account holds for the person: the customer it is joined to takes it over, if it is harder. */
export async function carrySanction(
  tx: Executor,
  {
    tenantId,
    from,
    to,
    correlationId,
  }: { tenantId: string; from: string; to: string; correlationId: string },
): Promise<void> {
  const rank = (state: SQL) => sql`case ${state} when 'banned' then 2 when 'suspended' then 1 else 0 end`;
  const [carried] = await tx.execute<{ state: string }>(sql`
    update customers as owner
    set state = joined.state, state_before = coalesce(owner.state_before, owner.state),
      state_reason = joined.state_reason, state_since = now(), suspended_until = joined.suspended_until,
      suspension_told_at = null
    from customers as joined
    where owner.id = ${to} and joined.id = ${from} and owner.tenant_id = ${tenantId}
      and (joined.suspended_until is null or joined.suspended_until > now())
      and ${rank(sql`joined.state`)} > ${rank(sql`owner.state`)}
    returning owner.state`);
  if (!carried) return;
  await recordEvent(tx, {
    tenantId,
    eventType: `customer.${carried.state}`,
    subject: to,
    data: { to: carried.state, reason: `carried over from ${from}` },
    correlationId,
  });
}

/** A suspended customer has just been told so. */
export async function markSuspensionTold(db: Executor, { tenantId, customerId }: Which): Promise<void> {
  await db
    .update(customers)
    .set({ suspensionToldAt: sql`now()` })
    .where(and(ofCustomer(tenantId, customerId), eq(customers.state, 'suspended')));
}

const ofCustomer = (tenantId: string, customerId: string) =>
  and(eq(customers.tenantId, tenantId), eq(customers.id, customerId));
