import type { Locale } from '../locale.ts';

/** The word forms that each language needs for a count. Kazakh nouns do not change after a number. */
export interface PluralForms {
  ru: { one: string; few: string; many: string };
  kk: { other: string };
  en: { one: string; other: string };
}

/** The form of the word that belongs to `count`, a whole number; its sign is ignored. */
export function plural<L extends Locale>(locale: L, count: number, forms: PluralForms[L]): string;
export function plural(locale: Locale, count: number, forms: PluralForms[Locale]): string {
  const n = Math.abs(Math.trunc(count));
  if ('few' in forms) return forms[russianCategory(n)];
  if ('one' in forms) return locale === 'en' && n === 1 ? forms.one : forms.other;
  return forms.other;
}

function russianCategory(n: number): 'one' | 'few' | 'many' {
  const tens = n % 100;
  const units = n % 10;
  if (tens >= 11 && tens <= 14) return 'many';
  if (units === 1) return 'one';
  return units >= 2 && units <= 4 ? 'few' : 'many';
}
