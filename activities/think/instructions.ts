import type { ChatRole, ModelPolicy } from '../../config/policies.ts';
import type { Prompts } from '../../config/prompts.ts';
import { choosePolicy, type PolicyCase, policyRef } from '../../domain/policy.ts';
import { type Prompt, type PromptTask, type PromptValues, renderPrompt } from '../../domain/prompt.ts';
import type { CallContext, ChatMessage } from '../llm/contract.ts';

/** How a call to a model is to be made, and by whose decision. */
export interface Instructions {
  /** Asked in this order. */
  roles: readonly [ChatRole, ...ChatRole[]];
  /** The instructions. What people wrote follows in messages of its own. */
  system: ChatMessage;
  /** For the ledger. */
  by: Pick<CallContext, 'process' | 'policy' | 'prompt'>;
}

export type Instruct = <T extends PromptTask>(
  about: PolicyCase & { task: T },
  values: PromptValues<T>,
) => Instructions;

/** Looks up who is to be asked, and with which words. Policies and prompts were checked when they were read. */
export function createInstruct(policies: readonly ModelPolicy[], prompts: Prompts): Instruct {
  return <T extends PromptTask>(about: PolicyCase & { task: T }, values: PromptValues<T>) => {
    const policy = choosePolicy(policies, about);
    const prompt = policy && prompts.get(policy.prompt);
    if (!policy || !prompt || !isFor(prompt, about.task)) {
      throw new Error(`No policy says how to do the task ${about.task}.`);
    }
    return {
      roles: policy.roles,
      system: { role: 'system', content: renderPrompt(prompt, values) },
      by: { process: about.process, policy: policyRef(policy), prompt: policy.prompt },
    };
  };
}

const isFor = <T extends PromptTask>(prompt: Prompt, task: T): prompt is Prompt & { task: T } =>
  prompt.task === task;
