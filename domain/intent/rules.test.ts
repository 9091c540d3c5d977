import { describe, expect, it } from 'vitest';
import { detectLanguage } from '../language.ts';
import { inAllLocales } from '../texts/catalogue.ts';
import labelled from './labelled.json' with { type: 'json' };
import { ANSWER_WORDS, LEAD_WORDS } from './lexicon.ts';
import { classifyByRules, type IntentCandidate } from './rules.ts';

const CANDIDATES: IntentCandidate[] = [
  { name: 'answer', title: inAllLocales('answer.title'), means: 'Asks a question.', words: ANSWER_WORDS },
  { name: 'lead', title: inAllLocales('lead.title'), means: 'Wants to buy or book.', words: LEAD_WORDS },
];

/** Mean over the intents of the share of messages that were understood, and what was not. */
function score(set: 'dev' | 'held-out'): { macro: number; report: string } {
  const shares = new Map<string, { right: number; all: number }>();
  const wrong: string[] = [];
  for (const { text, intent } of labelled.filter((message) => message.set === set)) {
    const share = shares.get(intent) ?? { right: 0, all: 0 };
    const said = classifyByRules(text, CANDIDATES);
    share.all += 1;
    if (said.intent === intent) share.right += 1;
    else wrong.push(`${intent} taken for ${said.intent} (${said.confidence}): ${text}`);
    shares.set(intent, share);
  }
  const rows = [...shares].map(([intent, { right, all }]) => `${intent}: ${right}/${all}`);
  const macro = [...shares.values()].reduce((sum, { right, all }) => sum + right / all, 0) / shares.size;
  return { macro, report: [`${set} ${macro.toFixed(3)}`, ...rows, ...wrong].join('\n') };
}

describe('the labelled set', () => {
  it('is large, varied and split', () => {
    expect(labelled.length).toBeGreaterThanOrEqual(180);
    expect(new Set(labelled.map(({ text }) => text.toLowerCase())).size).toBe(labelled.length);
    const heldOut = labelled.filter(({ set }) => set === 'held-out').length;
    expect(heldOut / labelled.length).toBeGreaterThan(0.28);
    for (const language of ['ru', 'kk', 'en'])
      expect(labelled.filter((message) => message.language === language).length).toBeGreaterThan(40);
  });

  it('is understood by rules: 85 % of the part they were tuned on', () => {
    const { macro, report } = score('dev');
    expect(macro, report).toBeGreaterThanOrEqual(0.85);
  });

  it('is understood by rules: 75 % of the part held out', () => {
    const { macro, report } = score('held-out');
    expect(macro, report).toBeGreaterThanOrEqual(0.75);
  });

  it('never takes courtesy for a lead', () => {
    for (const { text, intent } of labelled)
      if (intent === 'smalltalk') expect(classifyByRules(text, CANDIDATES).intent, text).not.toBe('lead');
  });

  it('tells its language, or nothing, and is wrong in at most two messages of a hundred', () => {
    const spoken = labelled.filter(({ language }) => language);
    const wrong = spoken.filter(({ text, language }) => (detectLanguage(text) ?? language) !== language);
    const mute = spoken.filter(({ text }) => detectLanguage(text) === undefined);
    expect(mute.length / spoken.length, JSON.stringify(mute.map(({ text }) => text))).toBeLessThanOrEqual(
      0.1,
    );
    expect(wrong.length / spoken.length, JSON.stringify(wrong.map(({ text }) => text))).toBeLessThanOrEqual(
      0.02,
    );
  });
});

describe('classifyByRules', () => {
  it('knows the intents of processes that are registered, and only those', () => {
    const repair: IntentCandidate = {
      name: 'repair',
      title: { ru: 'Ремонт', kk: 'Жөндеу', en: 'Repair' },
      means: 'Something is broken.',
      words: { ru: ['сломал', 'не работает'], kk: ['сынып қалды'], en: ['broke'] },
    };
    expect(classifyByRules('у меня сломалась стиральная машина', [repair]).intent).toBe('repair');
    expect(classifyByRules('телефоным сынып калды', [repair]).intent).toBe('repair');
    expect(classifyByRules('хочу заказать торт', [repair]).intent).toBe('unknown');
  });

  it('tells the language along with the intent', () => {
    expect(classifyByRules('салем, канша турады?', CANDIDATES)).toMatchObject({
      intent: 'answer',
      language: 'kk',
    });
  });

  it('is surer of a clear message than of an ambiguous one', () => {
    const clear = classifyByRules('хочу заказать доставку, запишите меня', CANDIDATES).confidence;
    const vague = classifyByRules('отмените, хочу узнать', CANDIDATES).confidence;
    expect(clear).toBeGreaterThan(vague);
    expect(clear).toBeLessThanOrEqual(1);
  });

  it('survives garbage, emptiness and length', () => {
    for (const text of ['', ' ', '\u0000', '\ud83d', '(((((', '$&', 'а'.repeat(100_000), '8 '.repeat(50_000)])
      expect(classifyByRules(text, CANDIDATES).intent, text.slice(0, 9)).toBe('unknown');
  });
});
