import { fold } from './normalise.ts';

/** A word list, ready for matching: each pattern is the stems of its words in order. */
export type Patterns = readonly (readonly string[])[];

/** Stems and phrases as written in a lexicon. A stem of up to three letters is a whole word. */
export const compile = (words: readonly string[]): Patterns =>
  words.map((phrase) => fold(phrase).split(/\s+/u));

/** Words that may stand between the words of a phrase: "хочу [у вас] заказать". */
const MAX_GAP = 2;
/** Words together say more than apart. */
const PHRASE_BONUS = 1.25;

/**
 * How much of a text the patterns explain: every word counts once, with its heaviest pattern.
 * Question marks and words of one or two letters count half.
 */
export function weigh(words: readonly string[], patterns: Patterns): number {
  const weights = new Array<number>(words.length).fill(0);
  for (const pattern of patterns) {
    for (let start = 0; start < words.length; start += 1) {
      const hit = locate(words, pattern, start);
      if (!hit) continue;
      const factor = pattern.length > 1 ? PHRASE_BONUS : 1;
      for (const index of hit) {
        const weight = ((words[index]?.length ?? 0) <= 2 ? 0.5 : 1) * factor;
        weights[index] = Math.max(weights[index] ?? 0, weight);
      }
    }
  }
  return weights.reduce((sum, weight) => sum + weight, 0);
}

/** Indexes of the words that match the pattern, beginning exactly at `start`. */
export function locate(
  words: readonly string[],
  pattern: readonly string[],
  start: number,
): number[] | undefined {
  const hit: number[] = [];
  let from = start;
  for (const stem of pattern) {
    const reach = hit.length === 0 ? from : from + MAX_GAP;
    let found = from;
    while (found <= reach && found < words.length && !matchesStem(words[found] ?? '', stem)) found += 1;
    if (found > reach || found >= words.length) return undefined;
    hit.push(found);
    from = found + 1;
  }
  return hit;
}

/** A stem matches at the start of a word; from five letters on, one typo is forgiven. */
export function matchesStem(word: string, stem: string): boolean {
  if (stem.length <= 3) return word === stem;
  if (word.startsWith(stem)) return true;
  return stem.length >= 5 && word.length >= 5 && word[0] === stem[0] && oneTypoApart(word, stem);
}

/** Whether some beginning of the word differs from the stem by one letter: missing, extra, wrong or swapped. */
function oneTypoApart(word: string, stem: string): boolean {
  let at = 0;
  while (at < stem.length && word[at] === stem[at]) at += 1;
  const rest = stem.slice(at);
  return (
    word.startsWith(rest.slice(1), at + 1) ||
    word.startsWith(rest, at + 1) ||
    (rest.length > 1 && word.startsWith(rest.slice(1), at)) ||
    (rest.length > 1 && word.startsWith(`${rest[1]}${rest[0]}${rest.slice(2)}`, at))
  );
}
