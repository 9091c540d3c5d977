import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { handled, noRunBy, ran } from '../support/conversation.ts';
import { eventually } from '../support/eventually.ts';
import { type Product, startProduct } from '../support/product.ts';

describe('what the conversation says by itself', () => {
  let product: Product;
  beforeAll(async () => {
    product = await startProduct({ name: 'conversation-commands', timing: { workingOnItMs: 60_000 } });
  });
  afterAll(() => product.stop());
  afterEach(() => product.outside.mischief.clear());

  const speaking = async (languageCode: string) => {
    const chat = product.chat();
    await product.outside.telegram.profile(chat.id, { language_code: languageCode });
    return chat;
  };

  describe.each([
    {
      locale: 'ru',
      start: 'Здравствуйте! Я виртуальный помощник',
      help: 'Ещё есть команды',
      none: 'нет обращений',
      cancel: 'отменять нечего',
      lang: 'На каком языке',
      unknown: 'Команды /abc у меня нет',
      human: 'вам нужен человек',
      lead: 'номер',
      status: 'Ваши обращения',
    },
    {
      locale: 'kk',
      start: 'Сәлеметсіз бе! Мен виртуалды',
      help: 'Мына командалар',
      none: 'өтініш жоқ',
      cancel: 'тоқтататын ештеңе жоқ',
      lang: 'Қай тілде',
      unknown: 'Менде /abc командасы жоқ',
      human: 'сізге адам керек',
      lead: 'нөмір',
      status: 'Сіздің өтініштеріңіз',
    },
    {
      locale: 'en',
      start: 'Hello! I am a virtual assistant',
      help: 'There are commands too',
      none: 'no requests yet',
      cancel: 'nothing to cancel',
      lang: 'Which language',
      unknown: 'I have no command /abc',
      human: 'you would like a person',
      lead: 'number',
      status: 'Your requests',
    },
  ])('commands in $locale', (words) => {
    it('every command is answered in the language of the client', async () => {
      const chat = await speaking(words.locale);
      await chat.say('/start');
      await chat.hears(words.start);
      await chat.say('/help');
      const help = await chat.hears(words.help);
      for (const command of ['start', 'help', 'status', 'cancel', 'lang', 'human', 'lead']) {
        expect(help.text).toContain(`/${command} — `);
      }
      await chat.say('/status');
      await chat.hears(words.none);
      await chat.say('/cancel');
      await chat.hears(words.cancel);
      await chat.say('/lang');
      const lang = await chat.hears(words.lang);
      expect(lang.buttons?.flat()).toHaveLength(3);
      await chat.say('/abc def');
      await chat.hears(words.unknown);
      await noRunBy(chat, 6);
      await chat.say('/human');
      const number = /№(\d+)/.exec((await chat.hears(words.human)).text ?? '')?.[1];
      expect(number).toBeDefined();
      await chat.say('/status');
      const status = await chat.hears(words.status);
      expect(status.text).toContain(`№${number}`);
    });
  });

  it('/lead asks for what is missing, and /cancel keeps what was told', async () => {
    const chat = product.chat();
    await chat.say('/lead');
    await eventually('a question', async () => (await chat.view()).waits.some((w) => w.armed));
    await chat.say('Шкаф на заказ');
    await eventually('the next question', async () => (await chat.said()).length === 2);
    await chat.say('/cancel');
    await chat.hears('Отменено.');
    await chat.run('lead', 'cancelled');
  });

  it('a command that names another bot, or an argument, is still understood', async () => {
    const chat = product.chat();
    await chat.say('/LANG en');
    await chat.hears('continue in English');
    await chat.say('/lang xx');
    const asked = await chat.hears('I do not speak “xx”');
    expect(asked.buttons?.flat().map((b) => b.text)).toHaveLength(3);
    await chat.press('Қазақша');
    await chat.hears('қазақша сөйлесеміз');
    await chat.say('/status');
    await chat.hears('өтініш жоқ');
  });

  it('what was chosen with /lang holds, whatever language is written', async () => {
    const chat = product.chat();
    await chat.say('/lang kk');
    await chat.hears('қазақша');
    await chat.say('Здравствуйте!');
    await chat.hears('Сәлеметсіз бе');
  });

  it('the language follows what is written, and stays when nothing tells it', async () => {
    const chat = await speaking('en');
    await chat.say('/start');
    await chat.hears('Hello!');
    await chat.say('салем, канша турады?');
    await chat.hears('сұрағыңыз бойынша');
    await chat.say('/status');
    await chat.hears('өтініш жоқ');
    await chat.say('8 701 123 45 67');
    await handled(chat, 4);
    await chat.say('/status');
    await chat.hears('өтініш жоқ');
    await chat.say('Спасибо вам большое');
    await chat.say('/status');
    await chat.hears('нет обращений');
    await chat.say('I would like to know something');
    await chat.say('/status');
    await chat.hears('no requests yet');
  });

  it('a client whose language nobody here speaks is spoken to in the default one', async () => {
    const chat = await speaking('de');
    await chat.say('/start');
    await chat.hears('Здравствуйте!');
  });

  it('thanks, an "ok", a sticker and an emoji start nothing and get no answer', async () => {
    const chat = product.chat();
    await chat.say('/start');
    await chat.hears('помощник');
    for (const text of ['спасибо', 'ок', 'рахмет', 'thanks!', '👍']) await chat.say(text);
    await product.outside.telegram.sendSticker(chat.id);
    await noRunBy(chat, 7);
    expect(await chat.said()).toHaveLength(1);
  });

  it('a greeting is greeted without a model', async () => {
    const chat = product.chat();
    await product.outside.llm.clearRequests();
    await chat.say('Добрый день!');
    await chat.hears('Здравствуйте!');
    await noRunBy(chat, 1);
    expect(await product.outside.llm.requests()).toEqual([]);
  });

  describe('a message that nobody understands', () => {
    const unclear = 'бррр фыва';

    it('is asked about once, with a button for each process', async () => {
      const chat = product.chat();
      await chat.say(unclear);
      const asked = await chat.hears('Уточните');
      await chat.press(asked.buttons?.flat()[0]?.text ?? '');
      await chat.run('lead', 'waiting_user');
      await chat.press({
        data: asked.buttons?.flat()[0]?.data ?? '',
        messageId: asked.messageId ?? 0,
      });
      await eventually('a notice', async () =>
        (await chat.transcript()).events.some((e) => e.text?.includes('уже принят')),
      );
      expect((await chat.runs()).filter((run) => run.processId === 'lead')).toHaveLength(1);
    });

    it('can simply be answered', async () => {
      const chat = product.chat();
      await chat.say(unclear);
      await chat.hears('Уточните');
      await chat.press('Просто ответьте на вопрос');
      await chat.hears('фыва');
      expect((await chat.run('answer', 'succeeded')).processId).toBe('answer');
    });

    it('is answered with what is written next instead of a button', async () => {
      const chat = product.chat();
      await chat.say(unclear);
      await chat.hears('Уточните');
      await chat.say('ывап олдж');
      await chat.hears('олдж');
      await handled(chat, 2);
      await chat.settled();
      expect(await chat.said()).toHaveLength(2);
    });
  });

  it('without any model the rules decide, and what is owed is recorded', async () => {
    const chat = product.chat();
    const back = await Promise.all(
      (['ollama', 'openai'] as const).map((service) => product.outside.mischief.takeDown(service)),
    );
    await chat.say('Хочу заказать кухню, меня зовут Анна, телефон 8 701 123 45 67');
    await chat.hears('№');
    await chat.run('lead', 'degraded');
    await chat.say('Сколько стоит доставка?');
    await chat.hears('№', 30_000);
    await chat.run('answer', 'degraded');
    await Promise.all(back.map((restore) => restore()));
  });

  it('a task and a wish for a person become numbered requests', async () => {
    const chat = product.chat();
    await chat.say('Перенесите, пожалуйста, мою запись на пятницу');
    await chat.hears(/Сам я этого сделать не могу.*№\d+/s);
    await chat.say('Соедините с живым человеком');
    await chat.hears(/вам нужен человек.*№\d+/s);
    await ran(chat, ['request', 'request']);
  });
});
