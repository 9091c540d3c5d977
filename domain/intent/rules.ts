import { detectLanguage } from '../language.ts';
import type { Locale } from '../locale.ts';
import type { Lexicon } from './lexicon.ts';
import { tokens } from './normalise.ts';
import { compileLexicon, heaviest } from './rivals.ts';
import { isSmallTalk } from './signals.ts';

/** Intents that need no process: a person wanted, a task nobody takes, courtesy, and nothing understood. */
export const BUILT_IN_INTENTS = ['human', 'task', 'smalltalk', 'unknown'] as const;
type BuiltInIntent = (typeof BUILT_IN_INTENTS)[number];

/** The name of a registered process, or a built-in. */
type IntentName = BuiltInIntent | (string & {});

/** What a process says about the messages that are meant for it. */
export interface IntentCandidate {
  name: string;
  title: Readonly<Record<Locale, string>>;
  /** One English sentence for the model: when is a message meant for this process? */
  means: string;
  /** For the rules: stems and phrases that match at the start of words, in any spelling of the language. */
  words: Lexicon;
}

export interface Classification {
  intent: IntentName;
  /** 0..1, comparable between rules and model only roughly. */
  confidence: number;
  /** What the text tells about its language. */
  language?: Locale;
}

/** The classifier for when no model can be reached: deterministic, and never throws. */
export function classifyByRules(text: string, candidates: readonly IntentCandidate[]): Classification {
  const language = detectLanguage(text);
  const rivals = candidates.map(({ name, words }) => ({ intent: name, patterns: compileLexicon(words) }));
  const { intent, confidence } = isSmallTalk(text)
    ? { intent: 'smalltalk', confidence: 0.95 }
    : heaviest(tokens(text), rivals);
  return { intent, confidence, ...(language ? { language } : {}) };
}
