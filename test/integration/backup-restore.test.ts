import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createSendActivities } from '../../activities/send/activities.ts';
import { createTelegramChannel } from '../../activities/telegram/channel.ts';
import { BackupRefused, type Restored, restoreBackup, takeBackup } from '../../db/backup.ts';
import { connectDatabase } from '../../db/client.ts';
import { automationEvents, messages, sends, tenants } from '../../db/schema/index.ts';
import { faults } from '../../sandbox/client.ts';
import { ROLES, type RunningApp } from '../../workers/app.ts';
import { endEverything } from '../../workers/backup/engine.ts';
import { parkedPage } from '../../workers/backup/page.ts';
import { createTeller } from '../../workers/watch/tell.ts';
import { createDatabase } from '../setup/database.ts';
import { type Chat, createChat } from '../support/chat.ts';
import { holdModels } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

const QUESTION = 'Сколько стоит доставка по городу?';

/** The engine goes on from where it was; the database is put back to an hour before, so to say. */
describe('a database put back from a backup, with an engine that knows more', () => {
  const folder = mkdtempSync(join(tmpdir(), 'dirigent-backup-'));
  const file = join(folder, 'backup.gz');
  let product: Product;
  let url: string;
  let database: ReturnType<typeof connectDatabase>;
  let app: RunningApp | undefined;
  let restored: Restored;
  /** By what they do: ask for a kitchen and a price, wait for a message on its way, and one that could not leave. */
  let lead: Chat;
  let asked: Chat;
  let held: Chat;
  let late: Chat;
  const saidBefore = new Map<Chat, string[]>();

  const onSends = (chat: Chat) => ({ service: 'telegram' as const, method: 'sendMessage', chatId: chat.id });
  /** The same chat, seen in the database that was put back. */
  const again = (chat: Chat) =>
    createChat({ id: chat.id, outside: product.outside, db: database.db, temporal: product.temporal });

  beforeAll(async () => {
    const timing = { workingOnItMs: 60_000, secondLookMs: 0 };
    product = await startProduct({ name: 'backup-restore', timing });
    [lead, asked, held, late] = [product.chat(), product.chat(), product.chat(), product.chat()];
    // A tenant whose leads go to a CRM.
    const bought = product.chat();
    await bought.say('Хочу купить шкаф, меня зовут Пётр, телефон +7 701 222 33 44');
    await bought.run('lead_followup', 'succeeded');
    await lead.say('Хочу заказать кухню на заказ, меня зовут Анна');
    await lead.run('lead', 'waiting_user');
    for (const chat of [held, late]) {
      await chat.say('/start');
      await chat.hears('Здравствуйте');
      await chat.settled();
    }
    const { mischief } = product.outside;
    const hold = await mischief.add({ ...onSends(held), kind: 'hold', times: 1 });
    await held.say('/help');
    const parked = await mischief.waitForHeld(hold.id);
    const thinking = await holdModels(product);
    await asked.say(QUESTION);
    await thinking.parked();

    await takeBackup(product.settings.databaseUrl, file);

    await mischief.release(parked.id);
    await held.hears('команды');
    await thinking.release();
    await asked.hears('доставка');
    await asked.settled();
    for (const chat of [lead, held]) {
      await chat.say('/status');
      await chat.hears('обращени');
    }
    // Asked for before the restore, and not sent when everything stops.
    const refused = await mischief.add({ ...onSends(late), ...faults.telegramTooMany(2) });
    await late.say('/help');
    await eventually('the send to be put off', async () => (await mischief.get(refused.id)).fired >= 1);
    await product.app?.stop();
    await mischief.clear();
    for (const chat of [lead, asked, held, late]) saidBefore.set(chat, await chat.said());

    url = await createDatabase('backup-restored');
    restored = await restoreBackup({ url, file, force: false });
    database = connectDatabase({ url, name: 'test', max: 3 });
    app = await product.start(ROLES, { databaseUrl: url });
  });
  afterAll(async () => {
    await app?.stop();
    await database?.close();
    await product.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const saidSince = async (chat: Chat) => (await chat.said()).slice(saidBefore.get(chat)?.length);

  it('lists what was under way, as a page and as events', async () => {
    const conversation = await again(held).conversationId();
    const [send] = restored.parked.sends;
    expect(restored.parked.sends).toEqual([
      expect.objectContaining({ conversationId: conversation, was: 'sending' }),
    ]);
    const [run] = restored.parked.runs;
    expect(restored.parked.runs).toEqual([
      expect.objectContaining({ process: 'lead', status: 'waiting_user', waitingOn: 'customer' }),
    ]);
    const [question] = await database.db
      .select({ id: messages.id, withheld: messages.withheld })
      .from(messages)
      .where(eq(messages.content, QUESTION));
    expect(question).toMatchObject({ withheld: 'restored' });
    const askedIn = await again(asked).conversationId();
    expect(restored.parked.messages).toContainEqual(
      expect.objectContaining({ id: question?.id, conversationId: askedIn, spokenSince: false }),
    );
    // The lead that was half told is in no CRM; the other one is.
    const [half] = restored.parked.leads;
    expect(restored.parked.leads).toEqual([expect.objectContaining({ run: run?.workflowId })]);
    const page = parkedPage(restored);
    for (const id of [send?.id, run?.workflowId, question?.id, half?.id]) expect(page).toContain(id);
    expect(page).toContain(`№ ${half?.number}`);
    expect(page).toContain(`POST /api/v1/sends/{id}/resolve`);
    const events = await database.db.select().from(automationEvents);
    const parked = events
      .filter((event) => event.eventType === 'restore.parked')
      .map((event) => event.subject);
    expect(parked).toEqual(expect.arrayContaining([send?.id, run?.id, question?.id, half?.id]));
    expect(events.some((event) => event.eventType === 'database.restored')).toBe(true);
    expect(statSync(file).mode & 0o077).toBe(0);
  });

  it('sends nothing again by itself: neither what was on its way, nor what the engine asks for anew', async () => {
    const chat = again(late);
    const doubtful = await eventually('the send to be in doubt', async () =>
      (await chat.sends()).find((row) => row.reason === 'restored'),
    );
    expect(doubtful).toMatchObject({ state: 'unknown', attempts: 0 });
    expect((await again(held).sends()).map((row) => [row.state, row.reason])).toEqual([
      ['sent', null],
      ['unknown', 'restored'],
    ]);
    for (const each of [lead, asked, held, late]) expect(await saidSince(each)).toEqual([]);
  });

  it('tells no customer a second time of a fault that is older than the restore', async () => {
    const conversationId = await again(held).conversationId();
    const nobody = async () => {
      throw new Error('Nothing is sent here.');
    };
    const { say } = createSendActivities({
      db: database.db,
      locks: { tryLock: nobody },
      governor: { take: nobody, pause: nobody, patienceMs: 0 },
      channel: () =>
        createTelegramChannel({ token: 'none', apiRoot: product.sandbox.urls.telegram, timeoutMs: 1_000 }),
      desk: { open: nobody, arm: nobody, close: nobody },
    });
    const tell = createTeller({ db: database.db, say });
    const about = (id: string) => ({
      conversationId,
      workflowId: 'lead/1',
      incident: { id, raisedAt: new Date() },
    });
    await tell({ ...about('older'), failingSince: new Date(Date.now() - 3_600_000) });
    const [notice] = (await again(held).sends()).filter(({ key }) => key.startsWith('alarm/'));
    expect(notice).toMatchObject({ state: 'unknown', reason: 'restored', attempts: 0 });
    // What is looked at again is settled; a fault that is newer would be told of.
    await tell({ ...about('older'), failingSince: new Date(Date.now() - 3_600_000) });
    await database.db.delete(sends).where(eq(sends.id, notice?.id ?? ''));
    await expect(tell({ ...about('newer'), failingSince: new Date() })).rejects.toThrow('Nothing is sent');
    await database.db.delete(sends).where(eq(sends.key, `alarm/newer/${conversationId}`));
  });

  it('goes on with the customers: what they write next is answered, once', async () => {
    for (const chat of [held, late]) {
      await chat.say('/help');
      const answers = async () => (await saidSince(chat)).filter((said) => said.includes('команды'));
      await eventually('an answer', async () => (await answers()).length > 0);
      await again(chat).settled();
      expect(await answers()).toHaveLength(1);
    }
  });

  it('lets a run that waited go on, and gives no number twice', async () => {
    const chat = again(lead);
    await lead.say('8 701 123 45 67');
    const run = await chat.run('lead', 'succeeded');
    expect(run.workflowId).toBe(restored.parked.runs[0]?.workflowId);
    expect((await saidSince(lead)).filter((said) => said.includes('№'))).toHaveLength(1);
    const [tenant] = await database.db.select({ last: tenants.lastNumber }).from(tenants);
    expect(tenant?.last).toBeGreaterThan(1_000);
  });

  it('is not replaced while the product runs on it, nor without being told to when it holds something', async () => {
    const running = restoreBackup({ url, file, force: true }).catch((error: unknown) => error);
    expect(await running).toBeInstanceOf(BackupRefused);
    await app?.stop();
    await database.close();
    await expect(restoreBackup({ url, file, force: false })).rejects.toThrow(/not empty/);
    const twice = await restoreBackup({ url, file, force: true });
    expect(twice.rows).toEqual(restored.rows);
    expect(twice.parked.sends.map((send) => send.id)).toEqual(restored.parked.sends.map((send) => send.id));
  });

  it('can end what an engine that was itself put back would do again', async () => {
    expect(await endEverything(product.settings)).toBeGreaterThan(0);
    await eventually('nothing to be open', async () => (await endEverything(product.settings)) === 0);
  });
});
