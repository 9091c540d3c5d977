import type { Locale } from '../locale.ts';

/**
 * One thing the product says, in every language. `samples` are parameter sets that show a translator,
 * and the catalogue's test, every shape the sentence can take.
 */
export interface Phrase<P> {
  readonly say: Readonly<Record<Locale, (params: P) => string>>;
  readonly samples: readonly P[];
}

/** A sentence without parameters. */
export const text = (words: Readonly<Record<Locale, string>>): Phrase<undefined> => ({
  say: { ru: () => words.ru, kk: () => words.kk, en: () => words.en },
  samples: [undefined],
});

/** A sentence with parameters; their type follows from the samples. */
export const phrase = <P extends object>(
  samples: readonly [P, ...P[]],
  say: Readonly<Record<Locale, (params: P) => string>>,
): Phrase<P> => ({ say, samples });
