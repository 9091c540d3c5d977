import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createLogger } from '../../config/logger.ts';
import { unanswered } from '../../db/queries/absence.ts';
import { changeState } from '../../db/queries/customer-states.ts';
import { findOrCreateCustomer } from '../../db/queries/customers.ts';
import { joinByProved, type Proved } from '../../db/queries/identify.ts';
import { createLead } from '../../db/queries/leads-desk.ts';
import { createRunsRead } from '../../db/queries/runs-read.ts';
import { waitingForBanned } from '../../db/queries/runs-waiting.ts';
import {
  automationEvents,
  conversations,
  customers,
  leads,
  messages,
  processRuns,
} from '../../db/schema/index.ts';
import { startBans } from '../../workers/bans.ts';
import { createTestDatabase, type TestDatabase } from '../setup/database.ts';
import { eventually } from '../support/eventually.ts';

const id = (n: number) => `01990000-0000-7000-8000-${String(n).padStart(12, '0')}`;
const TENANT = id(1);
const OTHER_TENANT = id(2);

describe('who a customer is', () => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await createTestDatabase('identify');
    for (const [tenant, slug] of [
      [TENANT, 'default'],
      [OTHER_TENANT, 'other'],
    ]) {
      await database.db.execute(
        sql`insert into tenants (id, slug, name) values (${tenant}, ${slug}, ${slug})`,
      );
      await database.db.execute(
        sql`insert into channels (id, tenant_id, name, kind) values (${tenant}, ${tenant}, 'default', 'telegram')`,
      );
    }
  });
  afterAll(() => database.close());

  /** A message from an account, with what is proved of its sender. */
  const writes = (channelUserId: string, proved: Proved = {}, tenantId = TENANT) =>
    database.db.transaction(async (tx) => {
      const { id: customerId } = await findOrCreateCustomer(tx, {
        tenantId,
        channel: 'telegram',
        channelId: tenantId,
        profile: { channelUserId },
      });
      return joinByProved(tx, { tenantId, customerId, correlationId: `by-${channelUserId}`, ...proved });
    });
  const row = async (customerId: string) =>
    (await database.db.select().from(customers).where(eq(customers.id, customerId)))[0];

  it('is told by the account, and by nothing else where nothing is proved', async () => {
    const first = await writes('account-1');
    expect(await writes('account-1')).toBe(first);
    expect(await writes('account-2')).not.toBe(first);
  });

  it('is one customer for all accounts with the same proved e-mail, within a tenant', async () => {
    const first = await writes('mail-1', { email: 'anna@example.kz' });
    const second = await writes('mail-2', { email: 'anna@example.kz' });
    expect(second).toBe(first);
    // From now on the account itself tells.
    expect(await writes('mail-2')).toBe(first);
    expect(await writes('mail-1', { email: 'anna@example.kz' }, OTHER_TENANT)).not.toBe(first);
    const events = await database.db
      .select()
      .from(automationEvents)
      .where(eq(automationEvents.correlationId, 'by-mail-2'));
    expect(events.map(({ eventType, subject }) => [eventType, subject])).toEqual([
      ['customer.joined', first],
    ]);
  });

  describe('with a run that was begun before the accounts were one', () => {
    const contact = { phone: '+77010000009' };
    const by = { correlationId: 'c', actor: 'test' };
    const ban = (customerId: string) =>
      changeState(database.db, { tenantId: TENANT, customerId }, { kind: 'ban', reason: 'spam' }, by);
    let [owner, joined, conversationId] = ['', '', ''];

    beforeAll(async () => {
      owner = await writes('asked-1', contact);
      joined = await writes('asked-2');
      const chat = { tenantId: TENANT, channelId: TENANT, chatId: 'asked-2', customerId: joined };
      const [conversation] = await database.db
        .insert(conversations)
        .values({ ...chat, locale: 'ru' })
        .returning({ id: conversations.id });
      conversationId = conversation?.id ?? '';
      await database.db.insert(processRuns).values({
        runId: id(77),
        tenantId: TENANT,
        workflowId: 'lead/asked',
        processId: 'lead',
        status: 'waiting_user',
        waitingOn: 'customer',
        customerId: joined,
        conversationId,
        correlationId: 'c',
        losses: [],
        currentRunId: id(77),
        chainPlace: 0,
        lastEventId: 1,
        queuedAt: new Date(),
      });
    });

    it('has it in the list of their runs, under their name', async () => {
      const runsOf = async (customerId: string) =>
        (await createRunsRead(database.db).list(TENANT, { customerId }, { limit: 5 })).rows;
      expect(await runsOf(owner)).toEqual([]);
      expect(await runsOf(joined)).toMatchObject([{ runId: id(77), customerId: joined }]);
      expect(await writes('asked-2', contact)).toBe(owner);
      expect(await runsOf(owner)).toMatchObject([{ runId: id(77), customerId: owner }]);
      expect(await createRunsRead(database.db).find(TENANT, id(77))).toMatchObject({ customerId: owner });
    });

    it('has it ended by a ban, once the engine that was away is back, and by nothing else', async () => {
      expect(await waitingForBanned(database.db, owner)).toEqual([]);
      let away = true;
      const asked: string[] = [];
      const bans = startBans({
        db: database.db,
        log: createLogger({ level: 'fatal' }),
        sweepMs: 20,
        starter: {
          cancel: async ({ workflowId, firstRunId }) => {
            asked.push(`${away ? 'in vain' : 'taken'}: ${workflowId} ${firstRunId}`);
            return away ? 'unavailable' : 'requested';
          },
        },
      });
      try {
        expect(await ban(owner)).toMatchObject({ kind: 'changed' });
        bans.nudge(owner);
        await eventually('the first asking', async () => asked.length > 0);
        expect(await ban(owner)).toMatchObject({ kind: 'refused' });
        away = false;
        await eventually('the asking that is taken', async () =>
          asked.some((word) => word.startsWith('taken')),
        );
      } finally {
        await bans.stop();
      }
      expect([...new Set(asked)]).toEqual([`in vain: lead/asked ${id(77)}`, `taken: lead/asked ${id(77)}`]);
    });

    it('counts as answered while it is open', async () => {
      const now = Date.now();
      const message = (over: Partial<typeof messages.$inferInsert>) => ({
        tenantId: TENANT,
        channel: 'telegram' as const,
        channelMessageId: '1',
        channelUserId: 'asked-2',
        conversationId,
        chatId: 'asked-2',
        direction: 'inbound' as const,
        contentType: 'text' as const,
        content: 'A wardrobe',
        metadata: {},
        number: 1,
        correlationId: 'c',
        dispatchedAt: new Date(),
        ...over,
      });
      await database.db.insert(messages).values(message({ customerId: joined }));
      const late = () => unanswered(database.db, now - 60_000, now + 60_000);
      expect(await late()).toEqual([]);
      await database.db
        .update(processRuns)
        .set({ queuedAt: new Date(0), waitingOn: null, status: 'failed', endedAt: new Date() });
      expect(await late()).toMatchObject([{ tenantId: TENANT, count: 1 }]);
    });
  });

  it('is told by the phone before the e-mail', async () => {
    const byPhone = await writes('phone-1', { phone: '+77010000001' });
    const byMail = await writes('mail-3', { email: 'family@example.kz' });
    const both = await writes('both-1', { phone: '+77010000001', email: 'family@example.kz' });
    // The owner of the e-mail had no phone: one person in the end.
    expect(both).toBe(byMail);
    expect(await writes('phone-1')).toBe(byMail);
    expect(await row(byMail)).toMatchObject({
      phone: '+77010000001',
      email: 'family@example.kz',
      state: 'registered',
    });
    // What leads to a customer leads to the one who is left.
    expect(await row(byPhone)).toMatchObject({ phone: null, email: null });
    expect(await writes('phone-2', { phone: '+77010000001' })).toBe(byMail);
  });

  it('stays two where an e-mail is shared by people whose phones differ', async () => {
    const first = await writes('office-1', { phone: '+77010000011', email: 'office@example.kz' });
    const second = await writes('office-2', { phone: '+77010000012', email: 'office@example.kz' });
    expect(second).not.toBe(first);
    expect(await row(second)).toMatchObject({ phone: '+77010000012', email: null });
  });

  it('is one customer also when two accounts prove the same at once', async () => {
    const [one, two] = await Promise.all([
      writes('race-1', { email: 'race@example.kz' }),
      writes('race-2', { email: 'race@example.kz' }),
    ]);
    expect(await writes('race-1')).toBe(await writes('race-2'));
    expect([one, two]).toContain(await writes('race-1'));
  });

  it('is found for a lead by what its caller has proved, never by what was typed', async () => {
    const customer = await writes('lead-1', { phone: '+77010000021', email: 'lead@example.kz' });
    const create = async (key: string, proved: Proved) => {
      const made = await createLead(database.db, {
        tenantId: TENANT,
        key,
        fingerprint: key,
        proved,
        fields: { email: 'lead@example.kz' },
        event: { correlationId: key, actor: 'api' },
      });
      if (!('leadId' in made)) throw new Error(made.kind);
      return (await database.db.select().from(leads).where(eq(leads.id, made.leadId)))[0]?.customerId;
    };
    expect(await create('typed', {})).toBeNull();
    expect(await create('by-email', { email: 'lead@example.kz' })).toBe(customer);
    expect(await create('by-phone', { phone: '+77010000021', email: 'other@example.kz' })).toBe(customer);
    expect(await create('unknown', { email: 'nobody@example.kz' })).toBeNull();
  });
});
