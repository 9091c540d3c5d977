import { Context } from '@temporalio/activity';
import type { ChatRole, ModelPolicy } from '../../config/policies.ts';
import type { Prompts } from '../../config/prompts.ts';
import type { Locale } from '../../domain/locale.ts';
import { choosePolicy, type PolicyCase, policyRef } from '../../domain/policy.ts';
import { type Prompt, type PromptTask, type PromptValues, renderPrompt } from '../../domain/prompt.ts';
import { callContext } from '../llm/asking.ts';
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

/** What languages are called in instructions. */
export const LANGUAGE: Readonly<Record<Locale, string>> = { ru: 'Russian', kk: 'Kazakh', en: 'English' };

/** Whom an activity asks for a task of its run, how, and what the ledger is to hold about it. */
export function instructed<T extends PromptTask>(
  deps: { instruct: Instruct; tenant(tenantId: string): { slug: string } },
  task: T,
  request: { tenantId: string; correlationId: string; intent?: string | undefined },
  values: PromptValues<T>,
) {
  const { slug: tenant } = deps.tenant(request.tenantId);
  const { workflowType: process = 'unknown' } = Context.current().info;
  const { roles, system, by } = deps.instruct({ task, tenant, process, intent: request.intent }, values);
  const [role, ...then] = roles;
  return { asked: { role, then }, system, context: { ...callContext(request, task), ...by } };
}

const isFor = <T extends PromptTask>(prompt: Prompt, task: T): prompt is Prompt & { task: T } =>
  prompt.task === task;
