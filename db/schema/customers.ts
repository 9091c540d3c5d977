import { sql } from 'drizzle-orm';
import { jsonb, pgTable, text, unique, uniqueIndex, uuid } from 'drizzle-orm/pg-core';
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
    email: text(),
    /** Chosen with /lang; beats everything else. */
    chosenLocale: text().$type<Locale>(),
    /** Set while the platform refuses to deliver to this person (blocked bot, deleted account). */
    unreachableSince: instant(),
    createdAt: createdAt(),
  },
  (t) => [uniqueIndex('customers_phone').on(t.tenantId, t.phone).where(sql`${t.phone} is not null`)],
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
  (t) => [unique('customer_identities_account').on(t.tenantId, t.channel, t.channelId, t.channelUserId)],
);
