import { type Fault, SettingsError } from '../config/fault.ts';
import type { Settings } from '../config/settings.ts';
import { BUILT_IN_INTENTS } from '../domain/intent/rules.ts';
import type { ProcessDefinition } from '../workflows/kit/definition.ts';

/** What asks a model before a process is known. */
const CONVERSATION = 'conversation';

/**
 * Policies and budgets that name a process or an intent which this installation does not have.
 * @throws SettingsError
 */
export function checkProcesses(
  { policies, budgets }: Pick<Settings, 'policies' | 'budgets'>,
  definitions: readonly ProcessDefinition[],
): void {
  const processes = new Set([CONVERSATION, ...definitions.map(({ name }) => name)]);
  const meant = definitions.filter(({ triggers }) => triggers.some(({ on }) => on === 'intent'));
  const intents = new Set<string>([...BUILT_IN_INTENTS, ...meant.map(({ name }) => name)]);
  const faults: Fault[] = [];
  for (const { name, when } of policies) {
    if (when.process !== undefined && !processes.has(when.process)) {
      faults.push({ what: `The policy ${name} names no process`, where: 'config.yaml: policies' });
    }
    if (when.intent !== undefined && !intents.has(when.intent)) {
      faults.push({ what: `The policy ${name} names no intent`, where: 'config.yaml: policies' });
    }
  }
  for (const { name, process } of budgets) {
    if (process === undefined || processes.has(process)) continue;
    faults.push({ what: `The budget ${name} names no process`, where: 'config.yaml: budgets' });
  }
  if (faults.length > 0) throw new SettingsError(faults);
}
