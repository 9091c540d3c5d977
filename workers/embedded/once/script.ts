/** One customer's conversation in the scripted demonstration. */
export interface Act {
  title: string;
  /** Process whose run the act is about. */
  process: string;
  /** What the customer writes, and what the bot must then say. */
  steps: { says: string; hears: RegExp }[];
  /** How that run must end. */
  ends: 'succeeded' | 'degraded';
  /** Messages that the bot must have written, not counting "working on it". */
  messages: { least: number; most: number };
  /** Phone that must have reached the CRM, in exactly one lead. */
  phoneInCrm?: string;
  /** The parts that the answer must hold, in this order over all its messages. */
  partsInOrder?: string[];
  /** No model can be reached meanwhile. */
  outage?: boolean;
}

const once = { least: 1, most: 1 };
const long = [
  'Подробный ответ',
  ...Array.from({ length: 9 }, (_, i) => `Часть ${i + 1} 📌`),
  'Конец подробного ответа.',
];

export const SCRIPT: readonly Act[] = [
  {
    title: 'A question',
    process: 'answer',
    steps: [{ says: 'Здравствуйте! Сколько стоит доставка по городу?', hears: /доставк/i }],
    ends: 'succeeded',
    messages: once,
  },
  {
    title: 'A lead without a phone',
    process: 'lead',
    steps: [
      { says: 'Хочу заказать кухню на заказ, меня зовут Анна', hears: /номер/i },
      { says: '8 701 123 45 67', hears: /№/ },
    ],
    ends: 'succeeded',
    messages: { least: 2, most: 2 },
    phoneInCrm: '+77011234567',
  },
  {
    title: 'A long formatted answer',
    process: 'answer',
    steps: [
      { says: 'Расскажите подробно, как проходит заказ и доставка?', hears: /Конец подробного ответа/ },
    ],
    ends: 'succeeded',
    messages: { least: 3, most: 12 },
    partsInOrder: long,
  },
  {
    title: 'No model can be reached',
    process: 'answer',
    steps: [{ says: 'Какая гарантия на мебель?', hears: /недоступен.*№/s }],
    ends: 'degraded',
    messages: once,
    outage: true,
  },
];
