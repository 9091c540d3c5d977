import { describe, expect, it } from 'vitest';
import { chooseLocale, detectLanguage } from './language.ts';

describe('detectLanguage', () => {
  it.each([
    'Сәлеметсіз бе, бағасы қанша?',
    'салем, канша турады?',
    'Салем канша турады',
    'маған көмек керек',
    'маган комек керек',
    'рахмет',
    'жаксы',
    'бар ма',
    'калай',
    'кашан',
    'керек',
    'берiнiзши',
    'Жок, керек емес',
    'ертен ашык па',
    'salem qansha turady',
    'Sälem, qalaısyz',
    'курска жазылгым келеди',
  ])('takes %j for Kazakh', (text) => {
    expect(detectLanguage(text)).toBe('kk');
  });

  it.each([
    'Здравствуйте, сколько стоит?',
    'привееееет',
    'спасибо',
    'меня зовут Айгүл, хочу записаться',
    'Қайратты позовите, пожалуйста',
    'заказать доставку в Алматы',
    'подскажите цену на iPhone 15 Pro Max',
    'ищу двухкомнатную квартиру посуточно',
    'skolko stoit dostavka',
    'да, можно',
  ])('takes %j for Russian', (text) => {
    expect(detectLanguage(text)).toBe('ru');
  });

  it.each(['Hello', 'how much is it?', 'I want to talk to a person', "what's the price", 'thanks a lot'])(
    'takes %j for English',
    (text) => {
      expect(detectLanguage(text)).toBe('en');
    },
  );

  it.each([
    '',
    '   ',
    '123',
    '👍👍',
    'ok',
    'ОК',
    'Анна',
    'John Smith',
    'Айгул',
    '+7 701 123 45 67',
    '...',
    '?',
    '/start',
    'https://example.com/price',
    'anna@example.com',
  ])('says nothing about %j', (text) => {
    expect(detectLanguage(text)).toBeUndefined();
  });

  it('reads a very long message in reasonable time', () => {
    expect(detectLanguage('Здравствуйте, где мой заказ? '.repeat(2_000))).toBe('ru');
    expect(detectLanguage('ааааа'.repeat(20_000))).toBeUndefined();
  });
});

describe('chooseLocale', () => {
  it('prefers the choice, then the writing, then the client, then the default', () => {
    const all = { chosen: 'en', detected: 'kk', languageCode: 'ru', fallback: 'ru' } as const;
    expect(chooseLocale(all)).toBe('en');
    expect(chooseLocale({ ...all, chosen: undefined })).toBe('kk');
    expect(chooseLocale({ languageCode: 'kk-KZ', fallback: 'ru' })).toBe('kk');
    expect(chooseLocale({ languageCode: 'EN_us', fallback: 'ru' })).toBe('en');
    expect(chooseLocale({ languageCode: 'de', fallback: 'kk' })).toBe('kk');
    expect(chooseLocale({ fallback: 'ru' })).toBe('ru');
  });
});
