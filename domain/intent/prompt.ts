import { z } from 'zod';
import { LOCALES } from '../locale.ts';
import { BUILT_IN_INTENTS, type Classification, type IntentCandidate } from './rules.ts';

const OPEN = '<customer_message>';
const CLOSE = '</customer_message>';

/**
 * What the instructions of the task `intent` are filled with. They say themselves what the built-in intents
 * mean; the message goes through `intentMessage`.
 */
export const intentValues = (candidates: readonly IntentCandidate[]) => ({
  intents: candidates.map(({ name, means }) => `- ${name}: ${means}`).join('\n'),
  message_begin: OPEN,
  message_end: CLOSE,
});

/** The user message of the prompt; the text cannot close the delimiters it stands in. */
export const intentMessage = (text: string): string =>
  `${OPEN}\n${text.replace(/<(?=\s*\/?\s*customer_message)/giu, '‹')}\n${CLOSE}`;

/** What the model answered, an object or its JSON; anything that does not fit the schema is `unknown`. */
export function parseIntentAnswer(answer: unknown, candidates: readonly IntentCandidate[]): Classification {
  const parsed = intentSchema(candidates).safeParse(typeof answer === 'string' ? fromJson(answer) : answer);
  if (!parsed.success) return { intent: 'unknown', confidence: 0 };
  const { intent, confidence, language } = parsed.data;
  return { intent, confidence, ...(language ? { language } : {}) };
}

/** What the model must answer. */
export const intentSchema = (candidates: readonly IntentCandidate[]) =>
  z.object({
    intent: z.enum([...new Set([...candidates.map(({ name }) => name), ...BUILT_IN_INTENTS])] as [
      string,
      ...string[],
    ]),
    confidence: z.number().min(0).max(1),
    language: z.enum(LOCALES).nullable(),
  });

function fromJson(text: string): unknown {
  try {
    return JSON.parse(text.replace(/^\s*```(?:json)?\s*|\s*```\s*$/gu, ''));
  } catch {
    // Not JSON at all: the schema check refuses it.
    return undefined;
  }
}
