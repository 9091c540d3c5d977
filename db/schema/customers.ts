import { sql } from 'drizzle-orm';
import { check, index, jsonb, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
import type { CustomerState } from '../../domain/customer.ts';
import type { Locale } from '../../domain/locale.ts';
import type { ChannelKind, SenderProfile } from '../../domain/message.ts';
import { createdAt, id, instant } from './columns.ts';
import { channels, ofTenant } from './tenants.ts';

export const customers = pgTable(
  'customers',
  {
    id: id(),
    tenantId: ofTenant(),
    name: text(),
    /** E.164, proved by the platform (a shared contact of one's own). Joins two customers. */
    phone: text(),
    /** E.164 as typed by somebody. A hint only. */
    phoneHint: text(),
    /** In lower case, proved by whoever forwards messages. Joins two customers as well. */
    email: text(),
    /** Chosen with /lang; beats everything else. */
    chosenLocale: text().$type<Locale>(),
    /** Set while the platform refuses to deliver to this person (blocked bot, deleted account). */
    unreachableSince: instant(),
    state: text().$type<CustomerState>().notNull().default('new'),
    /** What the customer was before a sanction, and will be again after it. */
    stateBefore: text().$type<CustomerState>(),
    stateReason: text(),
    stateSince: createdAt(),
    suspendedUntil: instant(),
    /** When a suspended customer was last told so. */
    suspensionToldAt: instant(),
    createdAt: createdAt(),
  },
  (t) => [
    uniqueIndex('customers_phone').on(t.tenantId, t.phone).where(sql`${t.phone} is not null`),
    uniqueIndex('customers_email').on(t.tenantId, t.email).where(sql`${t.email} is not null`),
    // Lists, newest first, of all or by state.
    index('customers_newest').on(t.tenantId, t.createdAt, t.id),
    index('customers_state').on(t.tenantId, t.state, t.createdAt, t.id),
    check('customers_state', sql`${t.state} in ('new', 'registered', 'active', 'suspended', 'banned')`),
    check('customers_suspension', sql`(${t.state} = 'suspended') = (${t.suspendedUntil} is not null)`),
    check(
      'customers_before',
      sql`case when ${t.state} in ('suspended', 'banned')
        then ${t.stateBefore} is not null and ${t.stateBefore} in ('new', 'registered', 'active')
        else ${t.stateBefore} is null end`,
    ),
  ],
);

/** A person's account on one bot account: the same person may be customer of two tenants. */
export const customerIdentities = pgTable(
  'customer_identities',
  {
    id: id(),
    tenantId: ofTenant(),
    channel: text().$type<ChannelKind>().notNull(),
    channelId: uuid()
      .notNull()
      .references(() => channels.id),
    channelUserId: text().notNull(),
    customerId: uuid()
      .notNull()
      .references(() => customers.id),
    profile: jsonb().$type<SenderProfile>().notNull(),
    createdAt: createdAt(),
  },
  (t) => [
    unique('customer_identities_account').on(t.tenantId, t.channel, t.channelId, t.channelUserId),
    index('customer_identities_customer').on(t.tenantId, t.customerId),
  ],
);
