import { foldCyrillic, shortenRepeats, unmixAlphabets } from './fold.ts';
import {
  ENGLISH_WORDS,
  KAZAKH_ENDINGS,
  KAZAKH_LATIN_WORDS,
  KAZAKH_PARTICLES,
  KAZAKH_WORDS,
  RUSSIAN_LATIN_WORDS,
  RUSSIAN_WORDS,
} from './language-words.ts';
import { isLocale, type Locale } from './locale.ts';

/**
 * The language a message is written in, or undefined when it tells nothing: digits, emoji, "ok", a name.
 * Kazakh is recognised in its own letters, in plain Russian ones and, by frequent words, in Latin ones.
 */
export function detectLanguage(text: string): Locale | undefined {
  const words =
    text
      .slice(0, MAX_LENGTH)
      .replace(NOT_PROSE, ' ')
      .match(/\p{L}+(?:['’-]\p{L}+)*/gu) ?? [];
  if (words.length === 0) return undefined;
  const score: Record<Locale, number> = { ru: 0, kk: 0, en: 0 };
  let cyrillic = 0;
  let latin = 0;
  for (const [index, word] of words.entries()) {
    const lower = shortenRepeats(unmixAlphabets(word.toLowerCase()));
    const name = /^\p{Lu}\p{Ll}/u.test(word) && index > 0;
    if (/\p{Script=Cyrillic}/u.test(lower)) {
      weighCyrillic(lower, name, score);
      if (!name) cyrillic += 1;
    } else {
      weighLatin(lower, score);
      if (!name) latin += 1;
    }
  }
  return best(score) ?? byAlphabet(words, cyrillic, latin);
}

/** Addresses of pages and mailboxes, commands and mentions say nothing about the writer's language. */
const NOT_PROSE = /https?:\/\/\S+|[\w.+-]{1,64}@[\w.-]{1,255}|[@/]\w+/gu;
/** Enough to tell, and a bound on the work that a hostile message causes. */
const MAX_LENGTH = 1_000;
const KAZAKH_LETTERS = /[әғқңөұүһі]/u;
const RUSSIAN_ONLY =
  /[щцэъ]|(?:ться|тся|ить|ать|ять|еть|ешь|ишь|ает|яет|ует|ого|его|ому|ыми|ция|ции|цию|ние|ния|ный|ная|ное|ные|ную|ский|ская|ите|айте|уйте)$/u;

function weighCyrillic(word: string, name: boolean, score: Record<Locale, number>): void {
  const folded = foldCyrillic(word);
  if (KAZAKH_LETTERS.test(word)) {
    score.kk += name ? 0.4 : 1.5;
  } else if (KAZAKH_WORDS.has(folded)) {
    score.kk += 1.2;
  } else if (KAZAKH_PARTICLES.has(folded) && score.kk > 0) {
    score.kk += 0.6;
  } else if (RUSSIAN_WORDS.has(folded)) {
    score.ru += 1;
  } else if (RUSSIAN_ONLY.test(folded)) {
    score.ru += name ? 0.2 : 0.7;
  } else if (folded.length >= 5 && KAZAKH_ENDINGS.test(folded)) {
    score.kk += name ? 0.2 : 0.6;
  }
}

function weighLatin(word: string, score: Record<Locale, number>): void {
  const plain = word
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .replace(/ı/gu, 'i')
    .replace(/[’'].*$/u, '');
  if (KAZAKH_LATIN_WORDS.has(plain)) score.kk += 1;
  else if (RUSSIAN_LATIN_WORDS.has(plain)) score.ru += 1;
  else if (ENGLISH_WORDS.has(plain)) score.en += 1;
}

function best(score: Record<Locale, number>): Locale | undefined {
  const [first, second] = (['kk', 'ru', 'en'] as const)
    .map((locale) => ({ locale, weight: score[locale] }))
    .sort((a, b) => b.weight - a.weight);
  if (!first || first.weight < 0.6) return undefined;
  return second && second.weight === first.weight ? undefined : first.locale;
}

/** Several words of unknown vocabulary: the alphabet decides. One or two may be names, and tell nothing. */
function byAlphabet(words: readonly string[], cyrillic: number, latin: number): Locale | undefined {
  if (words.length < 3) return undefined;
  if (cyrillic > latin) return 'ru';
  return latin > cyrillic && latin >= 3 ? 'en' : undefined;
}

interface LocaleEvidence {
  /** What the customer chose with /lang. */
  chosen?: Locale | undefined;
  /** What they write in, now or, failing that, lately. */
  detected?: Locale | undefined;
  /** The client's setting as the platform tells it, a BCP 47 tag such as "kk-KZ". */
  languageCode?: string | undefined;
  /** The tenant's default. */
  fallback: Locale;
}

/** The language to speak: what was chosen, else what is written, else the client's setting, else the default. */
export function chooseLocale({ chosen, detected, languageCode, fallback }: LocaleEvidence): Locale {
  const tag = languageCode?.toLowerCase().split(/[-_]/u)[0];
  return chosen ?? detected ?? (isLocale(tag) ? tag : fallback);
}
