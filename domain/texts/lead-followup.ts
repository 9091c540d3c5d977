import { phrase, text } from './phrase.ts';

interface Look {
  number: number;
  /** 1 or 2. */
  look: number;
  score: number;
  reasons: string[];
  nextStep: string;
  messagesIn: number;
  messagesOut: number;
  /** Absent where nobody told. */
  calls?: { answered: number; missed: number; seconds: number };
  byRules: boolean;
}

const SAMPLE: Look = {
  number: 12,
  look: 1,
  score: 70,
  reasons: ['…'],
  nextStep: '…',
  messagesIn: 4,
  messagesOut: 3,
  calls: { answered: 1, missed: 2, seconds: 95 },
  byRules: false,
};
const { calls: _, ...UNCALLED } = SAMPLE;

/** Said to managers, in the timeline of the lead. */
export const leadFollowup = {
  'lead_followup.title': text({ ru: 'Оценка заявки', kk: 'Өтінімді бағалау', en: 'Scoring a request' }),
  'lead_followup.comment': phrase<Look>([SAMPLE, { ...UNCALLED, look: 2, byRules: true }], {
    ru: (l) =>
      lines(
        l,
        `Заявка №${l.number}, ${l.look === 1 ? 'первая' : 'повторная'} оценка: ${l.score} из 100${l.byRules ? ' (по правилам: модель недоступна)' : ''}`,
        `Дальше: ${l.nextStep}`,
        `Сообщений от клиента: ${l.messagesIn}, от бота: ${l.messagesOut}`,
        (c) => `Звонков: отвечено ${c.answered}, пропущено ${c.missed}, разговор ${c.seconds} с`,
      ),
    kk: (l) =>
      lines(
        l,
        `№${l.number} өтінім, ${l.look === 1 ? 'алғашқы' : 'қайталама'} бағалау: 100-ден ${l.score}${l.byRules ? ' (ереже бойынша: модель қолжетімсіз)' : ''}`,
        `Келесі қадам: ${l.nextStep}`,
        `Хабарламалар: клиенттен ${l.messagesIn}, боттан ${l.messagesOut}`,
        (c) => `Қоңыраулар: жауап берілгені ${c.answered}, жауапсызы ${c.missed}, сөйлесу ${c.seconds} с`,
      ),
    en: (l) =>
      lines(
        l,
        `Request №${l.number}, ${l.look === 1 ? 'first' : 'second'} look: ${l.score} of 100${l.byRules ? ' (by rules: no model could be reached)' : ''}`,
        `Next: ${l.nextStep}`,
        `Messages of the client: ${l.messagesIn}, of the bot: ${l.messagesOut}`,
        (c) => `Calls: ${c.answered} answered, ${c.missed} missed, ${c.seconds} s spoken`,
      ),
  }),
  'lead_followup.has_phone': text({
    ru: 'Оставлен телефон',
    kk: 'Телефон нөмірі бар',
    en: 'A phone number was left',
  }),
  'lead_followup.no_phone': text({
    ru: 'Телефона нет',
    kk: 'Телефон нөмірі жоқ',
    en: 'There is no phone number',
  }),
  'lead_followup.has_need': text({
    ru: 'Сказано, что нужно',
    kk: 'Не керегі айтылған',
    en: 'It was said what is wanted',
  }),
  'lead_followup.no_need': text({
    ru: 'Не сказано, что нужно',
    kk: 'Не керегі айтылмаған',
    en: 'It was not said what is wanted',
  }),
  'lead_followup.writes_much': text({
    ru: 'Клиент охотно переписывается',
    kk: 'Клиент жиі әрі ықыласпен жазады',
    en: 'The client writes readily',
  }),
  'lead_followup.writes_little': text({
    ru: 'Клиент пишет мало',
    kk: 'Клиент әзірге аз жазды',
    en: 'The client writes little',
  }),
  'lead_followup.spoke': text({
    ru: 'Разговор по телефону состоялся',
    kk: 'Телефонмен сөйлескен',
    en: 'There was a talk on the phone',
  }),
  'lead_followup.missed': text({
    ru: 'Есть пропущенные звонки',
    kk: 'Жауапсыз қоңыраулар бар',
    en: 'Calls were missed',
  }),
  'lead_followup.next_call': text({
    ru: 'Позвонить клиенту',
    kk: 'Клиентке қоңырау шалу',
    en: 'Call the client',
  }),
  'lead_followup.next_ask_phone': text({
    ru: 'Узнать телефон в переписке',
    kk: 'Хат алмасуда телефон нөмірін сұрау',
    en: 'Ask for a phone number in the chat',
  }),
  'lead_followup.next_offer': text({
    ru: 'Отправить предложение',
    kk: 'Ұсыныс жіберу',
    en: 'Send an offer',
  }),
};

function lines(
  look: Look,
  head: string,
  next: string,
  messages: string,
  calls: (calls: NonNullable<Look['calls']>) => string,
): string {
  return [
    head,
    ...look.reasons.map((reason) => `• ${reason}`),
    next,
    messages,
    ...(look.calls === undefined ? [] : [calls(look.calls)]),
  ].join('\n');
}
