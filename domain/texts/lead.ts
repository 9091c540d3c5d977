import { phrase, text } from './phrase.ts';

interface Summary {
  name?: string;
  phone?: string;
  need?: string;
}

const SAMPLE: Summary = { name: 'Anna', phone: '+77011234567', need: '…' };

/** The process that takes a customer's name, phone and need. */
export const lead = {
  'lead.title': text({ ru: 'Заявка', kk: 'Өтінім', en: 'New request' }),
  'lead.button': text({ ru: 'Оставить заявку', kk: 'Өтінім қалдыру', en: 'Leave a request' }),
  'crm_push.title': text({ ru: 'Передача заявки', kk: 'Өтінімді тапсыру', en: 'Passing a request on' }),
  /** Said before the phone is asked. `url`: where the tenant says more about it. */
  'lead.consent': phrase<{ url?: string | undefined }>([{}, { url: 'https://example.com/privacy' }], {
    ru: ({ url }) =>
      `Отправляя номер, вы соглашаетесь, что мы сохраним его и используем только для связи с вами.${more('Подробнее', url)}`,
    kk: ({ url }) =>
      `Нөміріңізді жіберу арқылы оны сақтап, тек сізбен байланысу үшін пайдалануымызға келісім бересіз.${more('Толығырақ', url)}`,
    en: ({ url }) =>
      `By sending your number you agree that we keep it and use it only to contact you.${more('More about it', url)}`,
  }),
  'lead.ask_name': text({
    ru: 'Как к вам обращаться?',
    kk: 'Атыңыз кім?',
    en: 'What is your name?',
  }),
  'lead.ask_phone': text({
    ru: 'По какому номеру с вами связаться? Напишите его или нажмите кнопку.',
    kk: 'Қай нөмірмен хабарласайық? Нөмірді жазыңыз немесе түймені басыңыз.',
    en: 'Which number can we reach you at? Write it or press the button.',
  }),
  'lead.share_phone': text({
    ru: 'Отправить мой номер',
    kk: 'Нөмірімді жіберу',
    en: 'Share my number',
  }),
  'lead.ask_need': text({
    ru: 'Что вас интересует? Опишите в двух словах.',
    kk: 'Сізді не қызықтырады? Қысқаша жазыңыз.',
    en: 'What are you interested in? A few words are enough.',
  }),
  'lead.confirm': phrase<Summary>([SAMPLE, {}], {
    ru: (s) => join('Проверьте, пожалуйста:', linesRu(s), 'Всё верно?'),
    kk: (s) => join('Тексеріп көріңізші:', linesKk(s), 'Бәрі дұрыс па?'),
    en: (s) => join('Please check:', linesEn(s), 'Is everything right?'),
  }),
  'lead.confirm_yes': text({ ru: 'Да, всё верно', kk: 'Иә, дұрыс', en: 'Yes, that is right' }),
  'lead.confirm_no': text({ ru: 'Нет, не отправлять', kk: 'Жоқ, жібермеңіз', en: 'No, do not send' }),
  'lead.confirm_change': text({ ru: 'Исправить', kk: 'Түзету', en: 'Change' }),
  'lead.ask_change': text({ ru: 'Что исправить?', kk: 'Нені түзетеміз?', en: 'What should be changed?' }),
  'lead.field_name': text({ ru: 'Имя', kk: 'Аты', en: 'Name' }),
  'lead.field_phone': text({ ru: 'Телефон', kk: 'Телефон', en: 'Phone' }),
  'lead.field_need': text({ ru: 'Запрос', kk: 'Сұраныс', en: 'Need' }),
  'lead.received': phrase<Summary & { number: number }>([{ ...SAMPLE, number: 12 }, { number: 12 }], {
    ru: (s) => join(`Спасибо! Ваша заявка №${s.number} принята.`, linesRu(s), 'Мы свяжемся с вами.'),
    kk: (s) => join(`Рақмет! №${s.number} өтініміңіз қабылданды.`, linesKk(s), 'Сізбен хабарласамыз.'),
    en: (s) => join(`Thank you! Your request №${s.number} is accepted.`, linesEn(s), 'We will contact you.'),
  }),
  /** True whatever keeps the CRM: it is away, slow, or took the request without saying so. */
  'lead.crm_pending': phrase([{ number: 12 }], {
    ru: ({ number }) =>
      `Заявка №${number} сохранена. Передача в отдел продаж занимает больше времени, чем обычно, и продолжается сама. От вас ничего не нужно.`,
    kk: ({ number }) =>
      `№${number} өтінім сақталды. Сату бөліміне тапсыру әдеттегіден ұзаққа созылып жатыр, ол өздігінен жалғасады. Сізден ештеңе керек емес.`,
    en: ({ number }) =>
      `Request №${number} is saved. Handing it to the sales team takes longer than usual and goes on by itself. Nothing is needed from you.`,
  }),
  'lead.kept_partial': phrase<Summary & { number: number }>([{ ...SAMPLE, number: 12 }, { number: 12 }], {
    ru: (s) =>
      join(
        `Ответа не было, поэтому я сохранил заявку №${s.number} с тем, что есть.`,
        linesRu(s),
        'Дополнить её можно здесь в любое время.',
      ),
    kk: (s) =>
      join(
        `Жауап болмады, сондықтан №${s.number} өтінімді бар мәліметпен сақтадым.`,
        linesKk(s),
        'Оны осында кез келген уақытта толықтыра аласыз.',
      ),
    en: (s) =>
      join(
        `There was no reply, so I have saved request №${s.number} with what we have.`,
        linesEn(s),
        'You can add to it here at any time.',
      ),
  }),
  /** Three replies in a row could not be read. */
  'lead.kept_unclear': phrase<Summary & { number: number }>([{ ...SAMPLE, number: 12 }, { number: 12 }], {
    ru: (s) =>
      join(
        `Не получилось разобрать ответ, поэтому я сохранил заявку №${s.number} с тем, что есть.`,
        linesRu(s),
        'Дополнить её можно здесь в любое время.',
      ),
    kk: (s) =>
      join(
        `Жауабыңызды түсіне алмадым, сондықтан №${s.number} өтінімді бар мәліметпен сақтадым.`,
        linesKk(s),
        'Оны осында кез келген уақытта толықтыра аласыз.',
      ),
    en: (s) =>
      join(
        `I could not make out the reply, so I have saved request №${s.number} with what we have.`,
        linesEn(s),
        'You can add to it here at any time.',
      ),
  }),
  'lead.corrected': phrase<Summary & { number: number }>([{ ...SAMPLE, number: 12 }], {
    ru: (s) => join(`Исправил заявку №${s.number}.`, linesRu(s)),
    kk: (s) => join(`№${s.number} өтінімді түзеттім.`, linesKk(s)),
    en: (s) => join(`Request №${s.number} is corrected.`, linesEn(s)),
  }),
  'lead.cancelled': text({
    ru: 'Хорошо, заявку не отправляю.',
    kk: 'Жақсы, өтінімді жібермеймін.',
    en: 'All right, I will not send the request.',
  }),
};

const more = (label: string, url: string | undefined): string => (url ? ` ${label}: ${url}` : '');

const linesRu = (s: Summary): string[] => lines(s, 'Имя', 'Телефон', 'Запрос');
const linesKk = (s: Summary): string[] => lines(s, 'Аты', 'Телефон', 'Сұраныс');
const linesEn = (s: Summary): string[] => lines(s, 'Name', 'Phone', 'Need');

function lines(summary: Summary, name: string, phone: string, need: string): string[] {
  return [
    ...(summary.name ? [`${name}: ${summary.name}`] : []),
    ...(summary.phone ? [`${phone}: ${summary.phone}`] : []),
    ...(summary.need ? [`${need}: ${summary.need}`] : []),
  ];
}

const join = (head: string, middle: string[], tail?: string): string =>
  [head, ...middle, ...(tail ? [tail] : [])].join('\n');
