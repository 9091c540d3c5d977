import { eq } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { customers, leads, llmCalls } from '../../db/schema/index.ts';
import { lead } from '../../workflows/lead.ts';
import { stage } from '../kit/stage.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';

const CONSENT_URL = 'https://example.com/privacy';
const NO_PHONE = 'Хочу заказать кухню на заказ, меня зовут Анна';

describe('a lead', () => {
  const scene = stage(lead, {
    timing: { workingOnItMs: 60_000 },
    config: { tenants: [{ slug: 'default', consentUrl: CONSENT_URL }] },
  });

  /** The stored lead of the only lead run of this chat. */
  async function leadOf(chat: Chat) {
    const run = (await chat.runs()).find((r) => r.processId === 'lead');
    const [row] = await scene.product.db
      .select()
      .from(leads)
      .where(eq(leads.key, run?.workflowId ?? ''));
    if (!row) throw new Error('No lead is stored.');
    return row;
  }

  async function customerOf({ customerId }: typeof leads.$inferSelect) {
    const found = scene.product.db.select().from(customers);
    return (await found.where(eq(customers.id, customerId ?? '')))[0];
  }

  /** Somebody who has told everything but the phone, and is asked for it. */
  async function askedForThePhone() {
    const chat = scene.product.chat();
    await chat.say(NO_PHONE);
    return { chat, asked: await chat.hears('По какому номеру') };
  }

  /** What the CRM has of it. */
  async function pushed(chat: Chat) {
    const { id } = await leadOf(chat);
    return eventually('the lead in the CRM', async () =>
      (await scene.product.outside.bitrix.leads()).find((l) => l.originId === id),
    );
  }

  it('told at once needs no question', async () => {
    const { chat } = await scene.play(
      [
        { says: 'Хочу купить шкаф, меня зовут Пётр, телефон 8 (701) 222-33-44' },
        { hears: /заявка №\d+ принята/ },
      ],
      'succeeded',
    );
    expect(await leadOf(chat)).toMatchObject({ name: 'Пётр', phone: '+77012223344', status: 'complete' });
    expect((await pushed(chat)).fm[0]?.value).toBe('+77012223344');
    expect(await chat.said()).toHaveLength(1);
  });

  it('without a name is asked for it', async () => {
    const { chat } = await scene.play(
      [
        { says: 'Хочу заказать окна, мой номер +7 701 555 10 20' },
        { hears: 'Как к вам обращаться' },
        { says: 'Ержан' },
        { hears: 'принята' },
      ],
      'succeeded',
    );
    expect(await leadOf(chat)).toMatchObject({ name: 'Ержан', phone: '+77015551020', status: 'complete' });
  });

  it('without a phone says first what becomes of it, and offers to share it', async () => {
    const { chat, asked } = await askedForThePhone();
    expect(asked.text).toMatch(/^Отправляя номер, вы соглашаетесь.*По какому номеру/s);
    expect(asked.text).toContain(CONSENT_URL);
    expect(asked.buttons?.flat().map((b) => b.text)).toEqual(['Отправить мой номер']);
    await chat.shareContact({ phone: '87011112233', firstName: 'Анна' });
    await chat.hears('принята');
    await chat.run('lead', 'succeeded');
    const lead = await leadOf(chat);
    expect(lead).toMatchObject({ name: 'Анна', phone: '+77011112233', status: 'complete' });
    expect((await customerOf(lead))?.phone).toBe('+77011112233');
  });

  it('takes the phone of a card that is somebody else’s, without taking the customer for that person', async () => {
    const { chat } = await askedForThePhone();
    await chat.shareContact({ phone: '+77013334455', firstName: 'Муж', own: false });
    await chat.hears('принята');
    await chat.run('lead', 'succeeded');
    const lead = await leadOf(chat);
    expect(lead).toMatchObject({ name: 'Анна', phone: '+77013334455' });
    expect(await customerOf(lead)).toMatchObject({ phone: null, phoneHint: '+77013334455' });
  });

  it('begins with a shared card: name and phone are known, no model is asked to read it', async () => {
    const chat = scene.product.chat();
    await chat.shareContact({ phone: '+77014445566', firstName: 'Айгуль' });
    await chat.hears('Что вас интересует');
    const { workflowId } = await chat.run('lead', 'waiting_user');
    const { db } = scene.product;
    expect(await db.select().from(llmCalls).where(eq(llmCalls.workflowId, workflowId))).toEqual([]);
    await chat.say('Две двери и установка');
    await chat.hears('принята');
    await chat.run('lead', 'succeeded');
    expect(await leadOf(chat)).toMatchObject({
      name: 'Айгуль',
      phone: '+77014445566',
      need: 'Две двери и установка',
      status: 'complete',
    });
  });

  it('takes the phone of a card that was shared when only a name was asked for', async () => {
    const chat = scene.product.chat();
    await chat.say('/lead');
    await chat.hears('Что вас интересует');
    await chat.say('Две двери и установка');
    await chat.hears('Как к вам обращаться');
    await chat.shareContact({ phone: '8 701 444 55 67', firstName: 'Айгуль' });
    await chat.hears('принята');
    expect((await chat.said()).join()).not.toContain('По какому номеру');
    const lead = await leadOf(chat);
    expect(lead).toMatchObject({ name: 'Айгуль', phone: '+77014445567', status: 'complete' });
    expect((await customerOf(lead))?.phone).toBe('+77014445567');
  });

  it('begins with the command, which is no need', async () => {
    const chat = scene.product.chat();
    await chat.say('/lead');
    await chat.hears('Что вас интересует');
    await chat.say('Кухня');
    await chat.hears('Как к вам обращаться');
    await chat.say('Меня зовут Дана');
    await chat.hears('По какому номеру');
    await chat.say('87017770011');
    await chat.hears('принята');
    await chat.run('lead', 'succeeded');
    expect(await leadOf(chat)).toMatchObject({ need: 'Кухня', name: 'Дана', phone: '+77017770011' });
  });

  it('asks again, with the reason, for a phone that is none, and takes the third', async () => {
    const { chat } = await askedForThePhone();
    await chat.say('потом скажу');
    await chat.hears('Не вижу в сообщении номера');
    await chat.say('8 701 12');
    await chat.hears('не хватает цифр');
    await chat.say('8 701 123 45 67');
    await chat.hears('принята');
    await chat.run('lead', 'succeeded');
    expect(await leadOf(chat)).toMatchObject({ phone: '+77011234567', status: 'complete' });
  });

  it('three times without a readable phone is kept as it is, said so, and pushed', async () => {
    const { chat } = await scene.play(
      [
        { says: NO_PHONE },
        ...['не сейчас', 'потом', 'не дам'].flatMap((says) => [{ hears: 'По какому номеру' }, { says }]),
        { hears: /Не получилось разобрать ответ.*№\d+/s },
      ],
      'succeeded',
    );
    expect(await leadOf(chat)).toMatchObject({ name: 'Анна', phone: null, status: 'partial' });
    expect((await pushed(chat)).fm).toEqual([]);
  });

  it('whose customer is silent for three days is reminded of once, kept as it is and pushed', async () => {
    const { chat } = await scene.play(
      [
        { says: NO_PHONE },
        { hears: 'По какому номеру' },
        { waits: '1 day' },
        { hears: 'Напомню о вопросе' },
        { waits: '2 days' },
        { hears: /Ответа не было.*№\d+/s },
      ],
      'succeeded',
    );
    expect(await leadOf(chat)).toMatchObject({ name: 'Анна', phone: null, status: 'partial' });
    expect(String((await pushed(chat)).title)).toContain('Анна');
    expect((await chat.said()).filter((text) => text.includes('Напомню'))).toHaveLength(1);
  });

  it('begun by the API without a chat is stored and passed on, once per key', async () => {
    const input = { name: 'Ольга', phone: '+77019990011', need: 'шкаф-купе' };
    const start = (body: object) =>
      scene.product.api('/api/v1/processes/lead/runs', {
        method: 'POST',
        headers: { 'idempotency-key': 'order-17' },
        body: JSON.stringify(body),
      });
    const first = await start({ input });
    expect(first.status).toBe(201);
    const { workflow_id: workflowId } = (await first.json()) as { workflow_id: string };
    const again = (await (await start({ input })).json()) as { workflow_id: string };
    expect(again.workflow_id).toBe(workflowId);
    expect((await start({ input: { ...input, name: 'Другая' } })).status).toBe(409);
    await eventually('the run to end', async () => {
      const found = await scene.product.api(`/api/v1/runs/${encodeURIComponent(workflowId)}`);
      return found.status === 200 && ((await found.json()) as { status: string }).status === 'succeeded';
    });
    const inCrm = (await scene.product.outside.bitrix.leads()).filter((l) =>
      JSON.stringify(l).includes('9990011'),
    );
    expect(inCrm).toHaveLength(1);
  });

  it('that is cancelled amid a question ends so, and nothing is pushed', async () => {
    const { chat } = await askedForThePhone();
    await chat.say('/cancel');
    await chat.hears('Отменено');
    await chat.run('lead', 'cancelled');
    const { id } = await leadOf(chat);
    expect((await scene.product.outside.bitrix.leads()).filter((l) => l.originId === id)).toEqual([]);
    expect((await chat.runs()).map((r) => r.processId)).toEqual(['lead']);
  });

  it('is found by its number in /status', async () => {
    const chat = scene.product.chat();
    await chat.say('Хочу купить диван, меня зовут Олег, +7 701 222 00 11');
    await chat.hears('принята');
    await chat.run('lead', 'succeeded');
    const { number } = await leadOf(chat);
    await chat.say('/status');
    const said = await chat.hears('обращения');
    expect(said.text).toContain(`№${number} · Заявка · выполнено`);
  });

  it('takes no phone that the model made up, and none that the model passed over is lost', async () => {
    await claim({ name: 'Анна', phone: '+77079998877', need: 'кухня' });
    const invented = scene.product.chat();
    await invented.say(NO_PHONE);
    await invented.hears('По какому номеру');
    await scene.product.outside.mischief.clear();

    await claim({ name: 'Анна', phone: null, need: 'кухня' });
    const passedOver = scene.product.chat();
    await passedOver.say(`${NO_PHONE}, 8 701 123 45 99`);
    await passedOver.hears('принята');
    await passedOver.run('lead', 'succeeded');
    expect(await leadOf(passedOver)).toMatchObject({ phone: '+77011234599' });
  });

  /** What every model says it has read. */
  async function claim(reading: object): Promise<void> {
    await scene.product.outside.mischief.add({
      service: 'ollama',
      kind: 'say',
      text: JSON.stringify(reading),
      contains: 'Extract from the customer',
    });
  }

  it.for([
    [
      'kk',
      'Асхана жиһазына тапсырыс бергім келеді, менің атым Айдана',
      'Нөміріңізді жіберу',
      /№\d+ өтініміңіз қабылданды/,
    ],
    [
      'en',
      'I want to order a kitchen, my name is Jane',
      'By sending your number',
      /request №\d+ is accepted/,
    ],
  ] as const)('speaks %s to whoever writes it', async ([locale, order, consent, accepted]) => {
    const chat = scene.product.chat();
    await scene.product.outside.telegram.profile(chat.id, { language_code: locale });
    await chat.say(order);
    await chat.hears(consent);
    await chat.say(`+7 701 123 ${locale === 'kk' ? '00 99' : '00 98'}`);
    await chat.hears(accepted);
  });
});
