import { phrase, text } from './phrase.ts';
import { type PluralForms, plural } from './plural.ts';

const REQUESTS: PluralForms = {
  ru: { one: 'обращение', few: 'обращения', many: 'обращений' },
  kk: { other: 'өтініш' },
  en: { one: 'request', other: 'requests' },
};

/** The bot's menu (1..256 characters each, no slash) and what its commands answer. */
export const commands = {
  'command.start': text({ ru: 'Начать разговор', kk: 'Әңгімені бастау', en: 'Start the conversation' }),
  'command.help': text({ ru: 'Что я умею', kk: 'Не істей аламын', en: 'What I can do' }),
  'command.status': text({ ru: 'Мои обращения', kk: 'Менің өтініштерім', en: 'My requests' }),
  'command.cancel': text({
    ru: 'Остановить то, что сейчас делается',
    kk: 'Қазір орындалып жатқанды тоқтату',
    en: 'Stop what is in progress',
  }),
  'command.lang': text({ ru: 'Сменить язык', kk: 'Тілді ауыстыру', en: 'Change the language' }),
  'command.human': text({ ru: 'Позвать сотрудника', kk: 'Қызметкерді шақыру', en: 'Ask for a person' }),
  'command.lead': text({ ru: 'Оставить заявку', kk: 'Өтінім қалдыру', en: 'Leave a request' }),

  'start.greeting': phrase<{ botName?: string }>([{}, { botName: 'Dirigent' }], {
    ru: ({ botName }) =>
      `Здравствуйте! Я ${botName ? `${botName}, ` : ''}виртуальный помощник. Задайте вопрос или напишите, что вам нужно. ` +
      'Если нужен человек, нажмите /human.',
    kk: ({ botName }) =>
      `Сәлеметсіз бе! Мен виртуалды көмекшімін${botName ? `, атым ${botName}` : ''}. Сұрағыңызды қойыңыз немесе не керек екенін жазыңыз. ` +
      'Қызметкер керек болса, /human түймесін басыңыз.',
    en: ({ botName }) =>
      `Hello! I am ${botName ? `${botName}, ` : ''}a virtual assistant. Ask a question or tell me what you need. ` +
      'If you would like a person, press /human.',
  }),

  'help.text': phrase<{ lines: readonly string[] }>([{ lines: [] }, { lines: ['/start', '/help'] }], {
    ru: ({ lines }) => list('Просто напишите, что вам нужно. Ещё есть команды:', lines),
    kk: ({ lines }) => list('Не керек екенін жай ғана жазыңыз. Мына командалар да бар:', lines),
    en: ({ lines }) => list('Just write what you need. There are commands too:', lines),
  }),
  'help.line': phrase([{ command: 'help', description: '…' }], {
    ru: ({ command, description }) => `/${command} — ${description}`,
    kk: ({ command, description }) => `/${command} — ${description}`,
    en: ({ command, description }) => `/${command} — ${description}`,
  }),

  'status.none': text({
    ru: 'У вас пока нет обращений. Напишите, что вам нужно, и я начну.',
    kk: 'Сізде әзірге өтініш жоқ. Не керек екенін жазыңыз, мен бастаймын.',
    en: 'You have no requests yet. Write what you need and I will start.',
  }),
  'status.header': text({ ru: 'Ваши обращения:', kk: 'Сіздің өтініштеріңіз:', en: 'Your requests:' }),
  'status.line': phrase([{ number: 12, title: '…', state: '…', when: '09:30' }], {
    ru: ({ number, title, state, when }) => `№${number} · ${title} · ${state} · ${when}`,
    kk: ({ number, title, state, when }) => `№${number} · ${title} · ${state} · ${when}`,
    en: ({ number, title, state, when }) => `№${number} · ${title} · ${state} · ${when}`,
  }),
  'status.more': phrase([{ count: 1 }, { count: 3 }, { count: 11 }], {
    ru: ({ count }) => `И ещё ${count} ${plural('ru', count, REQUESTS.ru)} раньше.`,
    kk: ({ count }) => `Бұдан бұрын тағы ${count} ${plural('kk', count, REQUESTS.kk)} болған.`,
    en: ({ count }) => `And ${count} earlier ${plural('en', count, REQUESTS.en)}.`,
  }),

  'cancel.none': text({
    ru: 'Сейчас отменять нечего.',
    kk: 'Қазір тоқтататын ештеңе жоқ.',
    en: 'There is nothing to cancel right now.',
  }),
  'cancel.done': phrase([{ count: 1 }, { count: 2 }, { count: 5 }], {
    ru: ({ count }) =>
      count === 1 ? 'Отменено.' : `Отменено: ${count} ${plural('ru', count, REQUESTS.ru)}.`,
    kk: ({ count }) =>
      count === 1 ? 'Тоқтатылды.' : `${count} ${plural('kk', count, REQUESTS.kk)} тоқтатылды.`,
    en: ({ count }) =>
      count === 1 ? 'Cancelled.' : `${count} ${plural('en', count, REQUESTS.en)} cancelled.`,
  }),

  'lang.ask': text({
    ru: 'На каком языке вам удобно?',
    kk: 'Қай тілде сөйлескен ыңғайлы?',
    en: 'Which language would you like?',
  }),
  'lang.changed': text({
    ru: 'Хорошо, дальше говорим по-русски.',
    kk: 'Жақсы, әрі қарай қазақша сөйлесеміз.',
    en: 'All right, we will continue in English.',
  }),
  'lang.unknown': phrase([{ value: 'xx' }], {
    ru: ({ value }) => `Языка «${value}» я пока не знаю. Выберите, пожалуйста, один из этих:`,
    kk: ({ value }) => `«${value}» тілін әзірге білмеймін. Мыналардың бірін таңдаңызшы:`,
    en: ({ value }) => `I do not speak “${value}” yet. Please choose one of these:`,
  }),

  'command.unknown': phrase([{ command: 'abc' }], {
    ru: ({ command }) =>
      `Команды /${command} у меня нет. Список команд: /help. Или просто напишите, что вам нужно.`,
    kk: ({ command }) =>
      `Менде /${command} командасы жоқ. Командалар тізімі: /help. Не керек екенін жай ғана жаза салсаңыз да болады.`,
    en: ({ command }) => `I have no command /${command}. See the list: /help. Or just write what you need.`,
  }),
};

const list = (head: string, lines: readonly string[]): string => [head, ...lines].join('\n');
