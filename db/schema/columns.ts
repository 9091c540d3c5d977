import { sql } from 'drizzle-orm';
import { text, timestamp, uuid } from 'drizzle-orm/pg-core';
import { v7 } from 'uuid';

/** UUIDv7: sortable by time, so that an index on the key is an index on age. */
export const id = () => uuid().primaryKey().$defaultFn(v7);

export const instant = () => timestamp({ withTimezone: true, precision: 3 });

export const createdAt = () => instant().notNull().default(sql`now()`);

/** One id from the update to the reply: in rows, logs, workflow memo and outgoing calls. */
export const correlationId = () => text().notNull();
