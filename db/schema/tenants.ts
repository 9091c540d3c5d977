import { bigint, jsonb, pgTable, text, unique, uuid } from 'drizzle-orm/pg-core';
import type { ChannelKind } from '../../domain/message.ts';
import { createdAt, id, instant } from './columns.ts';

/** A business using the product. Everything belongs to one. */
export const tenants = pgTable('tenants', {
  id: id(),
  slug: text().notNull().unique(),
  name: text().notNull(),
  /** ISO 3166 code whose local phone forms customers write. From the configuration, at start. */
  country: text().notNull().default('KZ'),
  /** Counts leads and requests, so that a customer can name theirs: "№ 17". */
  lastNumber: bigint({ mode: 'number' }).notNull().default(0),
  createdAt: createdAt(),
});

/** Everything belongs to a tenant, and its key comes first in every index. */
export const ofTenant = () =>
  uuid()
    .notNull()
    .references(() => tenants.id);

/** A bot account of a tenant. Credentials live in the configuration, never here. */
export const channels = pgTable(
  'channels',
  {
    id: id(),
    tenantId: ofTenant(),
    name: text().notNull(),
    kind: text().$type<ChannelKind>().notNull(),
    /** What the platform says about the account (getMe). */
    account: jsonb().$type<Record<string, unknown>>(),
    /** When the platform last answered a poll; written now and then. */
    polledAt: instant(),
    createdAt: createdAt(),
  },
  (t) => [unique('channels_name').on(t.tenantId, t.name)],
);
