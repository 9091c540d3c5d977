import { eq } from 'drizzle-orm';
import { v7 } from 'uuid';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { MessageEvidence } from '../../activities/channel/contract.ts';
import { createLook } from '../../activities/send/look.ts';
import { createTelegramChannel } from '../../activities/telegram/channel.ts';
import { createChatLocks } from '../../db/locks.ts';
import { type Doubt, dueDoubts, proveDelivered, repeatSend } from '../../db/queries/send-doubts.ts';
import {
  channels,
  conversations,
  customers,
  messages,
  restores,
  sendDoubts,
  sends,
  tenants,
} from '../../db/schema/index.ts';
import type { ProbeAnswer } from '../../domain/doubt.ts';
import type { SendState } from '../../domain/sends.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';

const BASE = Date.now() - 3_600_000;
const at = (seconds: number) => new Date(BASE + seconds * 1_000);
const never = new AbortController().signal;
const UNPROVED: ProbeAnswer = { kind: 'unproved', description: 'message to edit not found' };
const [A, B, GROUP, OTHER_GROUP] = ['501', '502', '-1001111111111', '-1002222222222'];

describe('where a message of unknown fate is looked for', () => {
  let database: TestDatabase;
  let tenantId: string;
  let channelId: string;
  const chats = new Map<string, { id: string; customerId: string }>();
  const idOf = (chat: string) => chats.get(chat)?.id ?? '';

  beforeAll(async () => {
    database = await createTestDatabase('sends-evidence');
    const { db } = database;
    tenantId = (await db.insert(tenants).values({ slug: 'default', name: 'T' }).returning())[0]?.id ?? '';
    const channel = { tenantId, name: 'default', kind: 'telegram' as const };
    channelId = (await db.insert(channels).values(channel).returning())[0]?.id ?? '';
    for (const chatId of [A, B, GROUP, OTHER_GROUP]) {
      const customerId = (await db.insert(customers).values({ tenantId }).returning())[0]?.id ?? '';
      const conversation = { tenantId, channelId, chatId, customerId, locale: 'ru' as const };
      const id = (await db.insert(conversations).values(conversation).returning())[0]?.id ?? '';
      chats.set(chatId, { id, customerId });
    }
  });
  afterAll(() => database.close());
  beforeEach(async () => {
    for (const table of [sendDoubts, sends, messages, restores]) await database.db.delete(table);
  });

  const stored = (
    chatId: string,
    id: number,
    seconds: number,
    direction: 'inbound' | 'outbound' = 'inbound',
  ) =>
    database.db.insert(messages).values({
      id: v7({ msecs: BASE + seconds * 1_000 }),
      tenantId,
      channel: 'telegram',
      channelMessageId: String(id),
      channelUserId: chatId,
      customerId: chats.get(chatId)?.customerId,
      conversationId: idOf(chatId),
      chatId,
      direction,
      contentType: 'text',
      content: 'hello',
      metadata: {},
      correlationId: 'c',
      createdAt: at(seconds),
    });
  async function send(chatId: string, state: SendState, begun: number, more: object = {}): Promise<string> {
    const row = {
      tenantId,
      channelId,
      conversationId: idOf(chatId),
      chatId,
      key: v7(),
      part: 0,
      workflowId: 'w',
      chunk: { text: 'Ready.', entities: [] },
      state,
      attempts: 1,
      attemptedAt: at(begun),
      createdAt: at(begun),
      correlationId: 'c',
    };
    return (
      (
        await database.db
          .insert(sends)
          .values({ ...row, ...more })
          .returning()
      )[0]?.id ?? ''
    );
  }
  async function sent(chatId: string, id: number, begun: number): Promise<void> {
    await send(chatId, 'sent', begun, { channelMessageId: String(id) });
    await stored(chatId, id, begun + 0.1, 'outbound');
  }
  async function unknown(
    chatId: string,
    begun: number,
    ended = begun + 1,
    more: object = {},
  ): Promise<Doubt> {
    const sendId = await send(chatId, 'unknown', begun, more);
    const attempt = { sendId, attempt: 1, tenantId, conversationId: idOf(chatId) };
    await database.db
      .insert(sendDoubts)
      .values({ ...attempt, begunAt: at(begun), endedAt: at(ended), nextLookAt: at(ended) });
    const doubt = (await dueDoubts(database.db, 0, 100)).find((one) => one.sendId === sendId);
    if (!doubt) throw new Error('It should be due.');
    return doubt;
  }

  function looking(answer: (id: number) => ProbeAnswer | Promise<ProbeAnswer> = () => UNPROVED) {
    const asked: number[] = [];
    const paused: number[] = [];
    const telegram = createTelegramChannel({ token: '1:a', apiRoot: 'http://127.0.0.1:1', timeoutMs: 1 });
    const locks = createChatLocks(database.client, 2);
    const evidence: MessageEvidence = {
      ...(telegram.evidence as MessageEvidence),
      async probe(_chat, id) {
        asked.push(id);
        return answer(id);
      },
    };
    const look = createLook({
      db: database.db,
      locks,
      governor: {
        patienceMs: 1_000,
        take: async () => 0,
        pause: async (_target, ms) => void paused.push(ms),
      },
      channel: () => ({ ...telegram, evidence }),
      isShared: async () => false,
    });
    return { asked, paused, locks, look: (doubt: Doubt) => look(doubt, never) };
  }

  it('in a private chat among all ids of the bot that no row claims, wherever and whenever it was stored', async () => {
    await stored(A, 10, 1);
    await sent(B, 11, 2);
    const doubt = await unknown(A, 5);
    // Numbered during the attempt; the first was stored late, and the second's answer came in late.
    await stored(B, 13, 30);
    await send(B, 'sent', 4, { channelMessageId: '14' });
    await stored(B, 14, 8, 'outbound');
    await sent(B, 17, 9);
    await sent(A, 19, 12);
    const { look, asked } = looking();
    expect(await look(doubt)).toMatchObject({
      finding: 'unproved',
      interval: { after: 11, before: 17 },
      candidates: 3,
      answer: UNPROVED.kind === 'unproved' ? UNPROVED.description : '',
    });
    expect(asked).toEqual([12, 15, 16]);
  });

  it('in a supergroup among its own ids, whatever goes on elsewhere', async () => {
    await stored(GROUP, 3, 1);
    await stored(A, 100, 2);
    await stored(OTHER_GROUP, 5, 2);
    const doubt = await unknown(GROUP, 5);
    await sent(A, 120, 8);
    await sent(OTHER_GROUP, 6, 8);
    await sent(GROUP, 7, 10);
    const { look, asked } = looking((id) =>
      id === 5 ? { kind: 'delivered', how: 'not_modified' } : UNPROVED,
    );
    expect(await look(doubt)).toMatchObject({ finding: 'delivered', messageId: 5 });
    expect(asked).toEqual([4, 5]);
  });

  it('below the highest of what was written after it, where nothing was sent', async () => {
    await stored(A, 10, 1);
    const doubt = await unknown(A, 5);
    await stored(A, 12, 20);
    await stored(A, 11, 21);
    await stored(A, 14, 22);
    const { look, asked } = looking();
    expect(await look(doubt)).toMatchObject({ interval: { after: 10, before: 14 } });
    expect(asked).toEqual([13]);
  });

  it('nowhere while nothing came after it, with no id left, or with more than 20', async () => {
    await stored(A, 10, 1);
    const waiting = await unknown(A, 5);
    const { look, asked } = looking();
    expect(await look(waiting)).toMatchObject({ finding: 'waiting', interval: { after: 10 } });
    await sent(A, 11, 8);
    expect(await look(waiting)).toMatchObject({ finding: 'no_candidates' });
    const lost = await unknown(A, 20);
    await sent(A, 33, 25);
    expect(await look(lost)).toMatchObject({ finding: 'too_many', interval: { after: 11, before: 33 } });
    expect(asked).toEqual([]);
  });

  it('not while somebody sends in the chat, and sends go on while the platform is asked', async () => {
    await stored(A, 10, 1);
    const doubt = await unknown(A, 5);
    await sent(A, 12, 8);
    let free = false;
    const { look, locks } = looking(async () => {
      const unlock = await locks.tryLock(idOf(A));
      free = unlock !== undefined;
      await unlock?.();
      return UNPROVED;
    });
    const unlock = await locks.tryLock(idOf(A));
    expect(await look(doubt)).toMatchObject({ kind: 'busy' });
    await unlock?.();
    await look(doubt);
    expect(free).toBe(true);
  });

  it('not where another of the chat may stand: one in doubt, one whose sender has died, one settled by hand', async () => {
    await stored(A, 10, 1);
    const doubt = await unknown(A, 5);
    const dead = await send(A, 'sending', 7);
    await sent(B, 15, 9);
    const { look, asked } = looking();
    // Where the other one ends is not known yet.
    expect(await look(doubt)).toMatchObject({ finding: 'waiting' });
    const [row] = await database.db.select().from(sends).where(eq(sends.id, dead));
    expect(row?.state).toBe('unknown');
    const over = await unknown(A, 3, 4);
    await database.db.update(sends).set({ state: 'refused' }).where(eq(sends.id, over.sendId));
    await database.db.delete(sends).where(eq(sends.id, dead));
    expect(await look(doubt)).toMatchObject({ finding: 'ambiguous' });
    expect(asked).toEqual([]);
  });

  it('not when the ledger was restored since, or the words are gone', async () => {
    await stored(A, 10, 1);
    const doubt = await unknown(A, 5);
    await sent(A, 12, 8);
    const { look, asked } = looking();
    expect(await look({ ...doubt, chunk: { text: '', entities: [] } })).toMatchObject({ finding: 'erased' });
    await database.db.insert(restores).values({ takenAt: at(6), restoredAt: at(7) });
    expect(await looking().look(doubt)).toMatchObject({ finding: 'restored' });
    expect(asked).toEqual([]);
  });

  it('no further when the platform asks to wait, and the chat keeps to it', async () => {
    await stored(A, 10, 1);
    const doubt = await unknown(A, 5);
    await sent(A, 14, 8);
    const { look, asked, paused } = looking(() => ({ kind: 'rate_limited', retryAfterMs: 7_000 }));
    expect(await look(doubt)).toMatchObject({ finding: 'no_answer', pauseMs: 7_000 });
    expect({ asked, paused }).toEqual({ asked: [11], paused: [7_000] });
  });

  it('it is repeated once only, and what is proved meanwhile is not repeated', async () => {
    const doubt = await unknown(A, 5);
    const look = { finding: 'unproved' as const, tries: 3, looks: 3, interval: {}, waitsForPerson: false };
    expect(await repeatSend(database.db, doubt, look)).toBe(true);
    expect(await proveDelivered(database.db, doubt, '11', { ...look, finding: 'delivered' })).toBe(true);
    const [row] = await database.db.select().from(sends).where(eq(sends.id, doubt.sendId));
    expect(row).toMatchObject({ state: 'sent', channelMessageId: '11', possiblyRepeated: false });

    const again = await unknown(A, 25, 26, { possiblyRepeated: true });
    expect(await repeatSend(database.db, again, look)).toBe(false);
  });
});
