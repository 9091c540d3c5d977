import { describe, expect, it } from 'vitest';
import { detectLanguage } from '../language.ts';
import { LOCALES, type Locale } from '../locale.ts';
import { CATALOGUE, inAllLocales, say, TEXT_KEYS, type TextKey } from './catalogue.ts';
import { plural } from './plural.ts';

const rendered = (key: TextKey, locale: Locale): string[] => {
  const entry = CATALOGUE[key];
  return entry.samples.map((sample) => (entry.say[locale] as (params: unknown) => string)(sample));
};
const everywhere = TEXT_KEYS.flatMap((key) =>
  LOCALES.flatMap((locale) => rendered(key, locale).map((words) => ({ key, locale, words }))),
);

/** Russian words that Kazakh business talk does not borrow; a Kazakh text with one is left untranslated. */
const RUSSIAN_ONLY =
  /заявк|пожалуйста|спасибо|здравствуйте|сотрудник|сообщени|вопрос(?!ы)|ответ|можно|нужно|отмен|ошибк|выберите|напишите|обращени|кнопк|[щэъ]/iu;

describe('the catalogue', () => {
  it('says something in every language for every sample', () => {
    for (const { key, locale, words } of everywhere) {
      expect(words.trim(), `${key} ${locale}`).not.toBe('');
      expect(words, `${key} ${locale}`).not.toMatch(/undefined|null|\[object|NaN|\$\{|\{\w+\}/u);
      expect(words, `${key} ${locale}`).toBe(words.trim());
      expect(words, `${key} ${locale}`).not.toMatch(/ {2}|\n\n\n/u);
    }
  });

  it('has no Cyrillic in English and no Russian words in Kazakh', () => {
    for (const { key, locale, words } of everywhere) {
      if (locale === 'en') expect(words, key).not.toMatch(/\p{Script=Cyrillic}/u);
      if (locale === 'kk') expect(words, key).not.toMatch(RUSSIAN_ONLY);
      if (locale === 'ru') expect(words, key).not.toMatch(/[әғқңөұүһі]/iu);
    }
  });

  it('is recognised as the language it is meant to be, wherever it has three words or more', () => {
    const strange: string[] = [];
    for (const { key, locale, words } of everywhere) {
      if ((words.match(/\p{L}{2,}/gu) ?? []).length < 3) continue;
      if (detectLanguage(words) !== locale) strange.push(`${key} ${locale}: ${words}`);
    }
    expect(strange).toEqual([]);
  });

  it('never repeats the same words in two languages, but for pure layout and shared words', () => {
    const shared = new Set<TextKey>(['help.line', 'status.line', 'ask.again', 'lead.field_phone']);
    for (const key of TEXT_KEYS) {
      if (shared.has(key)) continue;
      const [ru, kk, en] = LOCALES.map((locale) => rendered(key, locale).join('|'));
      expect(new Set([ru, kk, en]).size, key).toBe(3);
    }
  });

  it('gives every sentence the number of the request it speaks of', () => {
    for (const key of [
      'human.recorded',
      'task.recorded',
      'answer.unavailable',
      'lead.received',
      'failure.internal',
    ] as const)
      for (const locale of LOCALES) expect(say(locale, key, { number: 4711 })).toContain('№4711');
  });

  it("keeps the menu and the buttons within Telegram's limits", () => {
    for (const { key, locale, words } of everywhere) {
      if (key.startsWith('command.') && key !== 'command.unknown') {
        expect(words.length, `${key} ${locale}`).toBeGreaterThanOrEqual(1);
        expect(words.length, `${key} ${locale}`).toBeLessThanOrEqual(256);
      }
      if (BUTTONS.has(key)) expect(words.length, `${key} ${locale}`).toBeLessThanOrEqual(64);
      expect(words.length, `${key} ${locale}`).toBeLessThanOrEqual(1024);
    }
  });

  it("keeps a pressed button's notice within the 200 characters that Telegram shows", () => {
    for (const { key, words } of everywhere)
      if (key.startsWith('button.')) expect(words.length, key).toBeLessThanOrEqual(200);
  });

  it('hands a title over in all languages', () => {
    expect(inAllLocales('lead.title')).toEqual({ ru: 'Заявка', kk: 'Өтінім', en: 'New request' });
  });

  it('lets a greeting go without a name', () => {
    expect(say('ru', 'start.greeting')).toBe(say('ru', 'start.greeting', {}));
    expect(say('en', 'start.greeting', { botName: 'Ada' })).toContain('I am Ada, a virtual assistant');
  });

  it('refuses missing parameters and unknown keys at compile time', () => {
    // @ts-expect-error this sentence takes no parameters
    expect(say('ru', 'failure.command', { number: 1 })).toBeTruthy();
    // @ts-expect-error the number is missing
    expect(say('ru', 'human.recorded')).toContain('undefined');
    // @ts-expect-error there is no such key
    expect(() => say('ru', 'human.nonsense')).toThrow();
  });
});

const BUTTONS: ReadonlySet<TextKey> = new Set<TextKey>([
  'common.yes',
  'common.no',
  'common.cancel',
  'common.change',
  'common.back',
  'common.skip',
  'clarify.just_answer',
  'lead.button',
  'lead.title',
  'answer.title',
  'lead.share_phone',
  'lead.confirm_yes',
  'lead.confirm_no',
  'lead.confirm_change',
]);

describe('plural', () => {
  it('follows the Russian rules up to the exceptions', () => {
    const forms = { one: 'день', few: 'дня', many: 'дней' };
    const by = (n: number) => plural('ru', n, forms);
    expect([1, 21, 101].map(by)).toEqual(['день', 'день', 'день']);
    expect([2, 3, 4, 22, 104].map(by)).toEqual(Array(5).fill('дня'));
    expect([0, 5, 11, 12, 13, 14, 19, 20, 111, 112].map(by)).toEqual(Array(10).fill('дней'));
  });

  it('knows one and other in English, and one form in Kazakh', () => {
    const forms = { one: 'day', other: 'days' };
    expect([0, 1, 2, 21].map((n) => plural('en', n, forms))).toEqual(['days', 'day', 'days', 'days']);
    expect([1, 5].map((n) => plural('kk', n, { other: 'күн' }))).toEqual(['күн', 'күн']);
  });
});
