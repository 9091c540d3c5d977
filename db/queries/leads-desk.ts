import { and, eq, sql } from 'drizzle-orm';
import type { Database, Executor } from '../client.ts';
import { crmLinks, customers, leads } from '../schema/index.ts';
import { registerCustomer } from './customer-states.ts';
import { type EventToRecord, recordEvent } from './events.ts';
import { findByProved, type Proved } from './identify.ts';
import { nextNumber } from './leads.ts';
import { newestFirst, type Page, type PageRequest, type Period, same } from './page.ts';

/** Of the time they were created. */
export interface LeadFilter extends Period {
  id?: string | undefined;
  status?: 'complete' | 'partial' | undefined;
  customerId?: string | undefined;
}

const view = {
  id: leads.id,
  number: leads.number,
  status: leads.status,
  name: leads.name,
  phone: leads.phone,
  email: leads.email,
  need: leads.need,
  customerId: leads.customerId,
  conversationId: leads.conversationId,
  score: leads.score,
  crmEntity: crmLinks.entity,
  crmId: crmLinks.externalId,
  createdAt: leads.createdAt,
  updatedAt: leads.updatedAt,
};

const created = newestFirst(leads);

/** A page of leads and one row more, newest first, with where each lives in the CRM. */
export function leadsQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: LeadFilter,
  { limit, after }: PageRequest,
) {
  return db
    .select(view)
    .from(leads)
    .leftJoin(crmLinks, and(eq(crmLinks.tenantId, leads.tenantId), eq(crmLinks.leadId, leads.id)))
    .where(
      and(
        eq(leads.tenantId, tenantId),
        same(leads.id, filter.id),
        same(leads.status, filter.status),
        same(leads.customerId, filter.customerId),
        created.within(filter, after),
      ),
    )
    .orderBy(...created.order)
    .limit(limit + 1);
}

export type LeadView = Awaited<ReturnType<typeof leadsQuery>>[number];

export async function listLeads(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  filter: LeadFilter,
  page: PageRequest,
): Promise<Page<LeadView>> {
  return created.page(await leadsQuery(db, tenantId, filter, page), page.limit);
}

export const readLead = async (db: Pick<Executor, 'select'>, tenantId: string, id: string) =>
  (await leadsQuery(db, tenantId, { id }, { limit: 1 }))[0];

/** What a client of the API says about a lead; `phone` in E.164. */
export interface LeadFields {
  name?: string | undefined;
  phone?: string | undefined;
  email?: string | undefined;
  need?: string | undefined;
}

export interface LeadToCreate {
  tenantId: string;
  /** Hashes of the caller's key and of what was sent. */
  key: string;
  fingerprint: string;
  customerId?: string | undefined;
  /** Finds the customer where none is named. */
  proved: Proved;
  fields: LeadFields;
  event: Pick<EventToRecord, 'correlationId' | 'actor'>;
}

export type LeadCreated =
  | { kind: 'created' | 'existing'; leadId: string }
  | { kind: 'conflict' }
  | { kind: 'no_customer' };

/** Creates a lead once per key, with its event; the same key with something else is a conflict. */
export function createLead(db: Database, lead: LeadToCreate): Promise<LeadCreated> {
  const { tenantId, event } = lead;
  const prefix = `api/${lead.key}/`;
  return db.transaction(async (tx) => {
    await tx.execute(sql`select pg_advisory_xact_lock(hashtextextended(${tenantId + prefix}, 0))`);
    const [known] = await tx
      .select({ id: leads.id, key: leads.key })
      .from(leads)
      .where(and(eq(leads.tenantId, tenantId), sql`starts_with(${leads.key}, ${prefix})`));
    if (known) {
      const same = known.key === prefix + lead.fingerprint;
      return same ? { kind: 'existing', leadId: known.id } : { kind: 'conflict' };
    }
    const customerId = lead.customerId ?? (await findByProved(tx, tenantId, lead.proved));
    if (lead.customerId !== undefined) {
      const [customer] = await tx
        .select({ id: customers.id })
        .from(customers)
        .where(and(eq(customers.tenantId, tenantId), eq(customers.id, lead.customerId)));
      if (!customer) return { kind: 'no_customer' };
    }
    const [made] = await tx
      .insert(leads)
      .values({
        tenantId,
        key: prefix + lead.fingerprint,
        customerId,
        ...lead.fields,
        status: 'complete',
        number: await nextNumber(tx, tenantId),
        updatedAt: sql`now()`,
      })
      .returning({ id: leads.id, number: leads.number });
    if (!made) throw new Error('The lead row was not written.');
    if (customerId !== undefined) {
      await registerCustomer(tx, { tenantId, customerId }, event.correlationId);
    }
    const data = { number: made.number, fields: Object.keys(lead.fields) };
    await recordEvent(tx, { tenantId, eventType: 'api.lead_created', subject: made.id, data, ...event });
    return { kind: 'created', leadId: made.id };
  });
}

/** Changes what is given, with its event; false when there is no such lead. */
export function updateLead(
  db: Database,
  change: { tenantId: string; leadId: string; fields: LeadFields },
  event: Pick<EventToRecord, 'correlationId' | 'actor'>,
): Promise<boolean> {
  const { tenantId, leadId, fields } = change;
  return db.transaction(async (tx) => {
    const [changed] = await tx
      .update(leads)
      .set({ ...fields, updatedAt: sql`now()` })
      .where(and(eq(leads.tenantId, tenantId), eq(leads.id, leadId)))
      .returning({ id: leads.id });
    if (!changed) return false;
    // Which fields, never what they say.
    const data = { fields: Object.keys(fields) };
    await recordEvent(tx, { tenantId, eventType: 'api.lead_updated', subject: leadId, data, ...event });
    return true;
  });
}
