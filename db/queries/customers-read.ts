import { and, asc, eq } from 'drizzle-orm';
import type { CustomerState } from '../../domain/customer.ts';
import type { Executor } from '../client.ts';
import { channels, conversations, customerIdentities, customers } from '../schema/index.ts';
import { newestFirst, type Page, type PageRequest, same } from './page.ts';

export type CustomerRow = Omit<typeof customers.$inferSelect, 'tenantId' | 'suspensionToldAt'>;

export interface CustomerDetail extends CustomerRow {
  identities: { channel: string; accountId: string; username: string | null; since: Date }[];
  conversationIds: string[];
}

const created = newestFirst(customers);

/** A page of customers and one row more, newest first. */
export function customersQuery(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  state: CustomerState | undefined,
  { limit, after }: PageRequest,
) {
  return db
    .select()
    .from(customers)
    .where(and(eq(customers.tenantId, tenantId), same(customers.state, state), created.within({}, after)))
    .orderBy(...created.order)
    .limit(limit + 1);
}

export async function listCustomers(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  state: CustomerState | undefined,
  page: PageRequest,
): Promise<Page<CustomerRow>> {
  return created.page(await customersQuery(db, tenantId, state, page), page.limit);
}

/** A customer with their accounts and conversations, oldest first. */
export async function readCustomer(
  db: Pick<Executor, 'select'>,
  tenantId: string,
  customerId: string,
): Promise<CustomerDetail | undefined> {
  const [customer] = await db
    .select()
    .from(customers)
    .where(and(eq(customers.tenantId, tenantId), eq(customers.id, customerId)));
  if (!customer) return undefined;
  const accounts = await db
    .select({
      channel: channels.name,
      accountId: customerIdentities.channelUserId,
      profile: customerIdentities.profile,
      since: customerIdentities.createdAt,
    })
    .from(customerIdentities)
    .innerJoin(channels, eq(channels.id, customerIdentities.channelId))
    .where(and(eq(customerIdentities.tenantId, tenantId), eq(customerIdentities.customerId, customerId)))
    .orderBy(asc(customerIdentities.createdAt));
  const chats = await db
    .select({ id: conversations.id })
    .from(conversations)
    .where(and(eq(conversations.tenantId, tenantId), eq(conversations.customerId, customerId)))
    .orderBy(asc(conversations.createdAt));
  return {
    ...customer,
    identities: accounts.map(({ profile, ...account }) => ({
      ...account,
      username: profile.username ?? null,
    })),
    conversationIds: chats.map(({ id }) => id),
  };
}
