import { expect, it } from 'vitest';
import { estimateTokens } from './tokens.ts';

// Counted with the encodings of GPT-4 and GPT-4o, which make the most and the fewest tokens of these.
it.each([
  [
    'Russian',
    73,
    46,
    'Здравствуйте! Хочу заказать доставку дивана в пятницу вечером, адрес: улица Абая, дом 15, квартира 7. Сколько это будет стоить и можно ли оплатить картой при получении?',
  ],
  [
    'Kazakh',
    113,
    61,
    'Сәлеметсіз бе! Жұма күні кешке диван жеткізуге тапсырыс бергім келеді, қанша тұрады және картамен төлеуге бола ма? Мекенжайым: Абай көшесі, 15 үй, 7 пәтер.',
  ],
  [
    'English',
    29,
    29,
    'Hello! I would like to order delivery of a sofa on Friday evening, how much would it cost and can I pay by card on receipt?',
  ],
  ['numbers', 34, 33, '+7 701 555 77 66, 87770001122, 2026-11-21, 12 500 000 ₸'],
  ['emoji', 28, 17, '🎉🚚👍🏽❤️ ок 👨‍👩‍👧'],
])(
  'estimates %s within a fifth of what the most wasteful tokeniser makes, and above the thriftiest',
  (_, most, least, text) => {
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(least);
    expect(estimateTokens(text)).toBeGreaterThanOrEqual(0.8 * most);
    expect(estimateTokens(text)).toBeLessThanOrEqual(1.2 * most);
  },
);

it('adds up: a longer text never makes fewer', () => {
  expect(estimateTokens('')).toBe(0);
  expect(estimateTokens('а'.repeat(2_000))).toBe(10 * estimateTokens('а'.repeat(200)));
});
