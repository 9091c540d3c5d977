import { and, eq, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { conversations, customerIdentities, customers, leads, requests } from '../schema/index.ts';
import { carrySanction, registerCustomer } from './customer-states.ts';
import { recordEvent } from './events.ts';

/** What is proved to be a person's own: by the platform, or by the forwarder of a message. */
export interface Proved {
  /** E.164. */
  phone?: string | undefined;
  /** As `normaliseEmail` makes it. */
  email?: string | undefined;
}

interface Known extends Proved {
  tenantId: string;
  customerId: string;
  correlationId: string;
}

const KINDS = ['phone', 'email'] as const;

/** The customer who has proved this phone, else the one who has proved this e-mail. */
export async function findByProved(
  tx: Pick<Executor, 'select'>,
  tenantId: string,
  proved: Proved,
): Promise<string | undefined> {
  for (const kind of KINDS) {
    const owner = proved[kind] && (await ownerOf(tx, tenantId, kind, proved[kind]));
    if (owner) return owner.id;
  }
  return undefined;
}

/**
 * A phone or an e-mail that was proved makes two accounts one customer; what somebody typed never does. A phone
 * decides before an e-mail: families and companies share one, so it joins nobody whose proved phones differ.
 * Returns the customer that the conversation belongs to from now on.
 */
export async function joinByProved(tx: Executor, known: Known): Promise<string> {
  let { customerId } = known;
  for (const kind of KINDS) {
    const value = known[kind];
    if (value !== undefined) customerId = await joinBy(tx, kind, value, { ...known, customerId });
  }
  return customerId;
}

async function joinBy(tx: Executor, kind: 'phone' | 'email', value: string, known: Known): Promise<string> {
  const { tenantId, customerId, correlationId } = known;
  // Two accounts may prove the same at once: the second one finds the first.
  await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${`${tenantId}/${kind}/${value}`}, 0))`);
  const owner = await ownerOf(tx, tenantId, kind, value);
  if (!owner) {
    await tx
      .update(customers)
      .set({ [kind]: value })
      .where(eq(customers.id, customerId));
    if (kind === 'phone') await registerCustomer(tx, { tenantId, customerId }, correlationId);
    return customerId;
  }
  if (owner.id === customerId) return customerId;
  const [joined] = await tx
    .select({ phone: customers.phone, email: customers.email })
    .from(customers)
    .where(and(eq(customers.tenantId, tenantId), eq(customers.id, customerId)));
  if (kind === 'email' && joined?.phone && owner.phone && joined.phone !== owner.phone) return customerId;
  await join(tx, known, owner, joined ?? {});
  return owner.id;
}

type Contact = { [K in keyof Proved]?: string | null };

async function join(tx: Executor, known: Known, owner: Contact & { id: string }, joined: Contact) {
  const { tenantId, customerId, correlationId } = known;
  for (const theirs of [customerIdentities, conversations, leads, requests]) {
    // What was asked for under either account is listed under both.
    await tx
      .update(theirs)
      .set({ customerId: owner.id })
      .where(and(eq(theirs.tenantId, tenantId), eq(theirs.customerId, customerId)));
  }
  // What leads to the customer who is no more would lead nowhere.
  await tx
    .update(customers)
    .set({ phone: null, email: null })
    .where(and(eq(customers.tenantId, tenantId), eq(customers.id, customerId)));
  await tx
    .update(customers)
    .set({ phone: owner.phone ?? joined.phone, email: owner.email ?? joined.email })
    .where(and(eq(customers.tenantId, tenantId), eq(customers.id, owner.id)));
  const data = { joined: customerId };
  await recordEvent(tx, { tenantId, eventType: 'customer.joined', subject: owner.id, data, correlationId });
  await carrySanction(tx, { tenantId, from: customerId, to: owner.id, correlationId });
  if (!owner.phone && joined.phone) {
    await registerCustomer(tx, { tenantId, customerId: owner.id }, correlationId);
  }
}

async function ownerOf(
  tx: Pick<Executor, 'select'>,
  tenantId: string,
  kind: 'phone' | 'email',
  value: string,
) {
  const [owner] = await tx
    .select({ id: customers.id, phone: customers.phone, email: customers.email })
    .from(customers)
    .where(and(eq(customers.tenantId, tenantId), eq(customers[kind], value)));
  return owner;
}
