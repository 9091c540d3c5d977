import { lazy } from '../lazy.ts';
import { HUMAN_WORDS, type Lexicon, TASK_WORDS } from './lexicon.ts';
import { compile, type Patterns, weigh } from './match.ts';

/** An intent with the words that speak for it. */
interface Rival {
  intent: string;
  patterns: Patterns;
}

export interface Verdict {
  intent: string;
  /** How much of the text speaks for it: about one for a word, more for a phrase. */
  weight: number;
  /** 0..1, by the distance to the next rival. */
  confidence: number;
}

const compiled = new WeakMap<Lexicon, Patterns>();

/** Ready for matching; made once for each lexicon. */
export function compileLexicon(lexicon: Lexicon): Patterns {
  const known = compiled.get(lexicon);
  if (known) return known;
  const patterns = compile(Object.values(lexicon).flat());
  compiled.set(lexicon, patterns);
  return patterns;
}

const human = lazy(() => compileLexicon(HUMAN_WORDS));
const task = lazy(() => compileLexicon(TASK_WORDS));
/** To leave a person waiting costs more than to call one in vain. */
const HUMAN_FACTOR = 1.25;
const TASK_FACTOR = 1.15;
/** A lone question mark is enough to take a text for a question. */
const MIN_WEIGHT = 0.5;
const NOTHING: Verdict = { intent: 'unknown', weight: 0, confidence: 0 };

/** What the words speak for most: `human`, `task`, one of the rivals, or `unknown`. */
export function heaviest(words: readonly string[], rivals: readonly Rival[]): Verdict {
  if (!words.some((word) => /[\p{L}#]/u.test(word))) return NOTHING;
  const [first, second] = [
    { intent: 'human', weight: weigh(words, human()) * HUMAN_FACTOR },
    { intent: 'task', weight: weigh(words, task()) * TASK_FACTOR },
    ...rivals.map(({ intent, patterns }) => ({ intent, weight: weigh(words, patterns) })),
  ].sort((a, b) => b.weight - a.weight);
  if (!first || first.weight < MIN_WEIGHT) return NOTHING;
  const doubt = (second?.weight ?? 0) + 0.6;
  return { ...first, confidence: Math.round((first.weight / (first.weight + doubt)) * 100) / 100 };
}
