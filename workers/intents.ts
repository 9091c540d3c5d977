import type { IntentOf } from '../activities/store/envelope.ts';
import type { Settings } from '../config/settings.ts';
import { classifyByRules, type IntentCandidate } from '../domain/intent/rules.ts';
import type { ProcessDefinition } from '../workflows/kit/definition.ts';

/** What a message can mean: the processes that an intent starts. */
export const intentCandidates = (processes: readonly ProcessDefinition[]): IntentCandidate[] =>
  processes.flatMap(({ name, title, triggers }) =>
    triggers.flatMap((trigger) =>
      trigger.on === 'intent' ? [{ name, title, means: trigger.means, words: trigger.words }] : [],
    ),
  );

/** Decides before a message reaches its conversation, where the settings want no model for that. */
export function intentsByRule(
  { intents }: Pick<Settings, 'intents'>,
  processes: readonly ProcessDefinition[],
): IntentOf | undefined {
  if (intents !== 'rules') return undefined;
  const candidates = intentCandidates(processes);
  return (text) => classifyByRules(text, candidates).intent;
}
