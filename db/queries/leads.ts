import { and, eq, sql } from 'drizzle-orm';
import type { Database, Executor } from '../client.ts';
import { conversations, crmLinks, customers, leads, requests, tenants } from '../schema/index.ts';
import { registerCustomer } from './customer-states.ts';

/** The next number of a tenant: what customers call their lead or request. Holes are allowed, repeats are not. */
export async function nextNumber(tx: Executor, tenantId: string): Promise<number> {
  const [row] = await tx
    .update(tenants)
    .set({ lastNumber: sql`${tenants.lastNumber} + 1` })
    .where(eq(tenants.id, tenantId))
    .returning({ number: tenants.lastNumber });
  if (!row) throw new Error(`There is no tenant ${tenantId}.`);
  return row.number;
}

export interface LeadToSave {
  tenantId: string;
  key: string;
  customerId?: string;
  conversationId?: string;
  name?: string;
  phone?: string;
  need?: string;
  status: 'complete' | 'partial';
}

/** Writes a lead, once per key; a repeated or later call completes the same row under the same number. */
export function saveLead(db: Database, lead: LeadToSave): Promise<{ leadId: string; number: number }> {
  return db.transaction(async (tx) => {
    const { tenantId, key, customerId, conversationId, ...told } = lead;
    const [known] = await tx
      .update(leads)
      .set({ ...told, updatedAt: sql`now()` })
      .where(and(eq(leads.tenantId, tenantId), eq(leads.key, key)))
      .returning({ leadId: leads.id, number: leads.number });
    const saved =
      known ??
      (
        await tx
          .insert(leads)
          .values({
            tenantId,
            key,
            customerId,
            conversationId,
            ...told,
            number: await nextNumber(tx, tenantId),
            updatedAt: sql`now()`,
          })
          .returning({ leadId: leads.id, number: leads.number })
      )[0];
    if (!saved) throw new Error('The lead row was not written.');
    if (customerId && told.phone) {
      // Typed by somebody: a hint for people, never a reason to join two customers.
      await tx
        .update(customers)
        .set({ phoneHint: told.phone })
        .where(and(eq(customers.tenantId, tenantId), eq(customers.id, customerId)));
    }
    if (customerId && (told.name || told.phone)) await registerCustomer(tx, { tenantId, customerId }, key);
    return saved;
  });
}

export async function findLead(db: Executor, tenantId: string, leadId: string) {
  const [row] = await db
    .select({
      id: leads.id,
      number: leads.number,
      name: leads.name,
      phone: leads.phone,
      email: leads.email,
      need: leads.need,
      status: leads.status,
      locale: conversations.locale,
    })
    .from(leads)
    .leftJoin(conversations, eq(conversations.id, leads.conversationId))
    .where(and(eq(leads.tenantId, tenantId), eq(leads.id, leadId)));
  return row;
}

export async function saveCrmLink(
  db: Executor,
  link: { tenantId: string; leadId: string; entity: string; externalId: string; how: string },
): Promise<void> {
  await db.insert(crmLinks).values(link).onConflictDoNothing();
}

export interface RequestToRecord {
  tenantId: string;
  key: string;
  kind: 'person' | 'task' | 'unanswered' | 'error';
  customerId?: string;
  conversationId?: string;
  messageIds: string[];
  details?: Record<string, string>;
}

/** Records something for a person to do, once per key. */
export function recordRequest(
  db: Database,
  request: RequestToRecord,
): Promise<{ number: number; fresh: boolean }> {
  return db.transaction(async (tx) => {
    const [known] = await tx
      .select({ number: requests.number })
      .from(requests)
      .where(and(eq(requests.tenantId, request.tenantId), eq(requests.key, request.key)));
    if (known) return { number: known.number, fresh: false };
    const number = await nextNumber(tx, request.tenantId);
    await tx.insert(requests).values({ ...request, number });
    return { number, fresh: true };
  });
}
