import { describe, expect, it } from 'vitest';
import { matchesStem } from './match.ts';
import { tokens } from './normalise.ts';
import { isGreeting, isSmallTalk, looksLikeQuestion, wantsHuman, wantsToCancel } from './signals.ts';

describe('isSmallTalk', () => {
  it.each([
    'спасибо',
    'Спосибо большое!!',
    'ок',
    'Здраствуйте',
    '👍🏻',
    ':)',
    '+',
    'Как дела?',
    'рахмет',
    'thank you so much',
    'ok 👌',
  ])('is so with %j', (text) => {
    expect(isSmallTalk(text)).toBe(true);
  });

  it.each([
    'спасибо, а сколько стоит?',
    'привет, хочу заказать',
    'хорошо?',
    '',
    '...',
    '123',
    'за все',
    'Анна',
    'да, запишите',
  ])('is not so with %j', (text) => {
    expect(isSmallTalk(text)).toBe(false);
  });
});

describe('looksLikeQuestion', () => {
  it.each([
    'а сколько это стоит',
    'зачем вам мой номер?',
    'бул канша турады',
    'бар ма',
    'do you deliver',
    'А можно без телефона',
  ])('sees one in %j', (text) => {
    expect(looksLikeQuestion(text)).toBe(true);
  });

  it.each(['Анна', '8 701 123 45 67', 'Ремонт кухни', 'Иван?', 'yes'])('sees none in %j', (text) => {
    expect(looksLikeQuestion(text)).toBe(false);
  });
});

describe('wantsToCancel', () => {
  it.each([
    'отмена',
    'Отмените пожалуйста',
    'стоп',
    'я передумала',
    'не надо',
    'керек емес',
    'never mind',
    'STOP',
  ])('hears %j', (text) => {
    expect(wantsToCancel(text)).toBe(true);
  });

  it.each([
    'отмените мой заказ',
    'cancel my order',
    'можно отменить?',
    'Анна',
    'тапсырысты тоқтатыңыз',
    'не хочу давать номер',
    'хватит, дайте человека',
    'стоп-кран на кухню',
  ])('does not hear it in %j', (text) => {
    expect(wantsToCancel(text)).toBe(false);
  });
});

describe('matching', () => {
  it('forgives one typo in a long word and none in a short one', () => {
    expect(
      ['запешите', 'запшите', 'запиишите', 'запиште', 'запишите'].map((word) => matchesStem(word, 'запиш')),
    ).toEqual([true, true, true, true, true]);
    expect(matchesStem('обложка', 'оплат')).toBe(false);
    expect(matchesStem('около', 'ок')).toBe(false);
    expect(matchesStem('цепь', 'цена')).toBe(false);
  });

  it('brings the spellings of one word together', () => {
    expect(tokens('Маған КӨМЕК керееек!')).toEqual(tokens('маган комек керек'));
    expect(tokens('берiнiзшi?')).toEqual(tokens('берінізші?'));
    expect(tokens('звоните +7 (701) 123-45-67 Ёлка')).toEqual(['звоните', '#phone', 'елка']);
  });
});

describe('isGreeting', () => {
  it.each([
    'привет',
    'Здравствуйте!',
    'Добрый день',
    'қайырлы таң',
    'Сәлеметсіз бе',
    'hi there',
    'good morning',
  ])('is one: %j', (text) => {
    expect(isGreeting(text)).toBe(true);
  });

  it.each(['спасибо', 'ок', 'привет, сколько стоит', '👍', 'good', 'good, thanks'])('is none: %j', (text) => {
    expect(isGreeting(text)).toBe(false);
  });
});

describe('wantsHuman', () => {
  it.each(['позовите человека', 'ОПЕРАТОР!!!', 'адам керек', 'I need a human', 'вы издеваетесь'])(
    'hears %j',
    (text) => {
      expect(wantsHuman(text)).toBe(true);
    },
  );

  it.each([
    'спасибо',
    'сколько стоит?',
    'нам нужен зал на 20 человек',
    'Анна',
    '87011234567',
    'нужен специалист по ремонту',
    'пришлите менеджера на замер',
  ])('does not hear it in %j', (text) => {
    expect(wantsHuman(text)).toBe(false);
  });
});
