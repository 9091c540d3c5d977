import { sql } from 'drizzle-orm';
import type { Executor } from '../../db/client.ts';

export const TENANT = '01990000-0000-7000-8000-000000000001';
/** A second tenant, which has nothing. */
export const OTHER = '01990000-0000-7000-8000-000000000002';
export const CHANNEL = '01990000-0000-7000-8000-000000000003';
export const CUSTOMER = '01990000-0000-7000-8000-000000000004';
export const CONVERSATION = '01990000-0000-7000-8000-000000000005';

/** The rows that all others hang on, for tests of SQL: two tenants, and of the first a customer in one chat. */
export async function storeChat(db: Executor): Promise<void> {
  await db.execute(
    sql`insert into tenants (id, slug, name) values (${TENANT}, 'default', 'Test'), (${OTHER}, 'other', 'Other')`,
  );
  await db.execute(
    sql`insert into channels (id, tenant_id, name, kind) values (${CHANNEL}, ${TENANT}, 'default', 'telegram')`,
  );
  await db.execute(sql`insert into customers (id, tenant_id) values (${CUSTOMER}, ${TENANT})`);
  await db.execute(sql`insert into conversations (id, tenant_id, channel_id, chat_id, customer_id, locale)
    values (${CONVERSATION}, ${TENANT}, ${CHANNEL}, 'chat', ${CUSTOMER}, 'ru')`);
}
