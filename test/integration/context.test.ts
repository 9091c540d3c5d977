import { sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { contextBefore } from '../../activities/think/transcript.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { CHANNEL, CUSTOMER, storeChat, TENANT } from '../support/stored-chat.ts';

const id = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const [HERE, THERE, TURN] = [6, 7, 8].map(id) as [string, string, string];

describe('the context of a turn', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('context');
    const { db } = database;
    await storeChat(db);
    for (const [conversation, chat] of [
      [HERE, 'here'],
      [THERE, 'there'],
    ]) {
      await db.execute(sql`insert into conversations (id, tenant_id, channel_id, chat_id, customer_id, locale)
        values (${conversation}, ${TENANT}, ${CHANNEL}, ${chat}, ${CUSTOMER}, 'ru')`);
      // Sixty long messages in turns, the youngest last.
      await db.execute(sql`insert into messages (id, tenant_id, channel, channel_message_id, channel_user_id,
          conversation_id, chat_id, direction, content_type, content, metadata, number, correlation_id, created_at)
        select gen_random_uuid(), ${TENANT}, 'telegram', n::text, 'u', ${conversation}::uuid, ${chat},
          case n % 2 when 0 then 'inbound' else 'outbound' end, 'text',
          ${chat} || ' ' || n || repeat(' доставка', 40), '{}', case n % 2 when 0 then n end, 'c',
          now() - (61 - n) * interval '1 minute'
        from generate_series(1, 60) n`);
    }
    await db.execute(sql`insert into messages (id, tenant_id, channel, channel_message_id, channel_user_id,
        conversation_id, chat_id, direction, content_type, content, metadata, number, correlation_id)
      values (${TURN}, ${TENANT}, 'telegram', '61', 'u', ${HERE}, 'here', 'inbound', 'text', 'the turn', '{}', 61, 'c')`);
  });
  afterAll(() => database.close());

  it('is the end of this very conversation, as much as fits, without the turn', async () => {
    const context = await contextBefore(database.db, TENANT, HERE, [TURN]);
    const numbers = context.map(({ content }) => /^here (\d+)/.exec(content)?.[1]);
    expect(numbers.at(-1)).toBe('60');
    expect(numbers).toEqual(Array.from(numbers, (_, n) => String(60 - numbers.length + 1 + n)));
    // 320 letters each: some 160 tokens of 2,000.
    expect(numbers.length).toBeGreaterThan(8);
    expect(numbers.length).toBeLessThan(15);
    expect(context.at(-1)?.role).toBe('user');
    expect(context.at(-2)?.role).toBe('assistant');
  });

  it('is empty for a conversation that has begun just now, or is gone', async () => {
    expect(await contextBefore(database.db, TENANT, id(99), [TURN])).toEqual([]);
  });
});
