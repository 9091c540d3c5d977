import type { Locale } from '../locale.ts';
import { alarms } from './alarms.ts';
import { answer } from './answer.ts';
import { ask } from './ask.ts';
import { commands } from './commands.ts';
import { common } from './common.ts';
import { conversation } from './conversation.ts';
import { failures } from './failures.ts';
import { lead } from './lead.ts';
import { leadFollowup } from './lead-followup.ts';
import { maintenance } from './maintenance.ts';
import { media } from './media.ts';
import type { Phrase } from './phrase.ts';
import { privacy } from './privacy.ts';
import { requests } from './requests.ts';

/** Everything the product says to customers, by key. An area's keys begin with words of its own. */
export const CATALOGUE = {
  ...common,
  ...commands,
  ...conversation,
  ...requests,
  ...media,
  ...answer,
  ...ask,
  ...lead,
  ...leadFollowup,
  ...failures,
  ...privacy,
  ...alarms,
  ...maintenance,
};

export type TextKey = keyof typeof CATALOGUE;

/** The parameters that a key needs; undefined when it needs none. */
type TextParams<K extends TextKey> = (typeof CATALOGUE)[K] extends Phrase<infer P> ? P : never;

/** Keys of sentences without parameters: labels, titles, descriptions. */
type PlainTextKey = { [K in TextKey]: TextParams<K> extends undefined ? K : never }[TextKey];

type ParamsTuple<P> = [P] extends [undefined]
  ? []
  : Record<string, never> extends P
    ? [params?: P]
    : [params: P];

export const TEXT_KEYS = Object.keys(CATALOGUE) as TextKey[];

/** The sentence of `key` in `locale`. Plain text, never markup. */
export function say<K extends TextKey>(
  locale: Locale,
  key: K,
  ...params: ParamsTuple<TextParams<K>>
): string {
  const render = CATALOGUE[key].say[locale] as (params: unknown) => string;
  return render(params[0] ?? {});
}

/** The same words in every language: for titles and menus that are handed over whole. */
export const inAllLocales = (key: PlainTextKey): Record<Locale, string> => ({
  ru: say('ru', key),
  kk: say('kk', key),
  en: say('en', key),
});

/** How each language calls itself; the same whatever language is spoken. */
export const LOCALE_NAMES: Readonly<Record<Locale, string>> = {
  ru: 'Русский',
  kk: 'Қазақша',
  en: 'English',
};
