import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { crmLinks, leads } from '../../db/schema/index.ts';
import { faults, type MischiefRule } from '../../sandbox/client.ts';
import { lead } from '../../workflows/lead.ts';
import { stage } from '../kit/stage.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';

describe('a lead on its way to the CRM', () => {
  const scene = stage(lead, {
    timing: { crmWaitMs: 1_500, unclearWriteMs: 1_500, outagePauseMs: 200, outagePauseMaxMs: 500 },
  });
  let phones = 0;

  const inCrm = (
    fault: MischiefRule extends infer R ? (R extends MischiefRule ? Omit<R, 'service'> : never) : never,
  ) => scene.product.outside.mischief.add({ service: 'bitrix24', ...fault } as MischiefRule);

  const nextPhone = () => `+7701555${String(1000 + ++phones)}`;

  const order = (phone: string) => `Хочу заказать шкаф, меня зовут Пётр, телефон ${phone}`;

  /** A customer who tells everything at once. */
  async function orders(phone: string): Promise<Chat> {
    const chat = scene.product.chat();
    await chat.say(order(phone));
    await chat.hears('№');
    return chat;
  }

  const inBitrix = async (phone: string) =>
    (await scene.product.outside.bitrix.leads()).filter((lead) => JSON.stringify(lead).includes(phone));

  /** The link that was stored, once the push has ended. */
  async function pushed(chat: Chat) {
    const run = await chat.run('crm_push', 'succeeded');
    const { leadId } = run.input as { leadId: string };
    const [link] = await scene.product.db.select().from(crmLinks).where(eq(crmLinks.leadId, leadId));
    return link;
  }

  it('is created once and linked', async () => {
    const phone = nextPhone();
    const chat = await orders(phone);
    expect((await pushed(chat))?.how).toBe('created');
    expect(await inBitrix(phone)).toHaveLength(1);
    await chat.run('lead', 'succeeded');
  });

  it('joins an open lead with that phone, with a comment', async () => {
    const phone = nextPhone();
    await scene.product.outside.bitrix.seed('lead', {
      fields: { title: 'Called yesterday' },
      phones: [phone],
    });
    const link = await pushed(await orders(phone));
    expect(link?.how).toBe('linked_open_lead');
    expect(await inBitrix(phone)).toHaveLength(1);
    expect(JSON.stringify(await scene.product.outside.bitrix.comments())).toContain('шкаф');
  });

  it('is a new lead, bound to the contact, where the phone is a contact or a closed lead', async () => {
    const phone = nextPhone();
    await scene.product.outside.bitrix.seed('contact', { fields: { name: 'Пётр' }, phones: [phone] });
    expect((await pushed(await orders(phone)))?.how).toBe('bound_to_contact');
    const [created] = await inBitrix(phone);
    expect(created?.contactId).toBeTruthy();

    const closed = nextPhone();
    await scene.product.outside.bitrix.seed('lead', {
      fields: { title: 'Bought before', stageId: 'CONVERTED' },
      phones: [closed],
    });
    expect((await pushed(await orders(closed)))?.how).toBe('created');
    expect(await inBitrix(closed)).toHaveLength(2);
  });

  it('is owed while the CRM is away for hours, and delivered once when it is back', async () => {
    const phone = nextPhone();
    const { run, chat } = await scene.play(
      [
        { breaks: 'bitrix24' },
        { says: order(phone) },
        { hears: '№' },
        { waits: '6 hours' },
        { repairs: 'bitrix24' },
      ],
      'degraded',
    );
    expect(JSON.stringify((await chat.run('lead', run.status)).losses)).toContain('CRM');
    const [kept] = await scene.product.db.select().from(leads).where(eq(leads.phone, phone));
    expect(kept?.status).toBe('complete');
    expect((await pushed(chat))?.how).toBe('created');
    expect(await inBitrix(phone)).toHaveLength(1);
  });

  it('goes on when a customer cancels who has been told that it was accepted', async () => {
    const phone = nextPhone();
    const { chat } = await scene.play(
      [
        { breaks: 'bitrix24' },
        { says: order(phone) },
        { hears: '№' },
        { says: '/cancel' },
        { hears: 'отменять нечего' },
        { waits: '6 hours' },
        { repairs: 'bitrix24' },
      ],
      'degraded',
    );
    expect((await pushed(chat))?.how).toBe('created');
    expect(await inBitrix(phone)).toHaveLength(1);
    expect((await chat.runs()).map((run) => run.status)).not.toContain('cancelled');
  });

  it('is found again, not written again, when the answer to the write was lost', async () => {
    await inCrm({ method: 'crm.item.add', kind: 'lose_answer', times: 1 });
    const phone = nextPhone();
    const chat = await orders(phone);
    // The CRM had taken it: what the customer reads meanwhile must be true all the same.
    await chat.hears('Передача в отдел продаж занимает больше времени');
    expect((await pushed(chat))?.how).toBe('found_by_origin');
    expect(await inBitrix(phone)).toHaveLength(1);
  });

  it('is written once when the request itself was lost', async () => {
    await inCrm({ method: 'crm.item.add', kind: 'lose_request', times: 1 });
    const phone = nextPhone();
    const chat = await orders(phone);
    expect((await pushed(chat))?.how).toBe('created');
    expect(await inBitrix(phone)).toHaveLength(1);
  });

  it('obeys a portal that is over its limit', async () => {
    const rule = await inCrm({ ...faults.bitrixQueryLimit(), times: 3 });
    const phone = nextPhone();
    const chat = await orders(phone);
    await pushed(chat);
    expect((await scene.product.outside.mischief.get(rule.id)).fired).toBe(3);
    expect(await inBitrix(phone)).toHaveLength(1);
  });

  it('waits visibly while the credentials are wrong, and goes on when they are right', async () => {
    const rule = await inCrm(faults.bitrixError(401, 'NO_AUTH_FOUND'));
    const phone = nextPhone();
    const chat = await orders(phone);
    await eventually('the push to be parked', async () =>
      (await chat.runs()).some(
        (run) => run.processId === 'crm_push' && run.details?.includes('misconfigured'),
      ),
    );
    await scene.product.outside.mischief.remove(rule.id);
    await pushed(chat);
    expect(await inBitrix(phone)).toHaveLength(1);
  });

  it('is given to a person when the CRM refuses it for good', async () => {
    await inCrm({ method: 'crm.item.add', ...faults.bitrixError(400, 'CRM_FIELD_ERROR_VALUE_NOT_VALID') });
    const chat = await orders(nextPhone());
    const run = await chat.run('crm_push', 'failed');
    expect(JSON.stringify(run.cause)).toContain('refused');
    const lead = await eventually('the lead to end', async () =>
      (await chat.runs()).find((r) => r.processId === 'lead' && r.endedAt !== null),
    );
    expect(lead.status).toBe('degraded');
  });
});
