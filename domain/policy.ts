import type { PromptTask } from './prompt.ts';

/** What a call to a model is about. */
export interface PolicyCase {
  task: PromptTask;
  /** Slug of the tenant. */
  tenant: string;
  /** The process whose run asks, or `conversation`. */
  process: string;
  /** What the customer's message was understood to mean, where somebody has understood it. */
  intent?: string | undefined;
}

/** A row of the policy table: for which calls it speaks, and what it says about them. */
export interface Policy<Role extends string = string> {
  name: string;
  /** Whoever changes a policy raises it: runs are told apart by it. */
  version: number;
  /** All that are named have to be met; none means every call of the task. */
  when: { tenant?: string | undefined; process?: string | undefined; intent?: string | undefined };
  task: PromptTask;
  /** Roles whose models are asked, in this order. */
  roles: readonly [Role, ...Role[]];
  /** `name@version`. */
  prompt: string;
}

export const policyRef = ({ name, version }: Pick<Policy, 'name' | 'version'>): string =>
  `${name}@${version}`;

/** A tenant weighs more than a process, a process more than an intent; two always weigh more than one. */
const WEIGHT = { tenant: 12, process: 10, intent: 9 } as const;
const CONDITIONS = Object.keys(WEIGHT) as (keyof typeof WEIGHT)[];

const specificity = ({ when }: Policy): number =>
  CONDITIONS.reduce((sum, name) => sum + (when[name] === undefined ? 0 : WEIGHT[name]), 0);

const meets = (policy: Policy, about: PolicyCase): boolean =>
  policy.task === about.task &&
  CONDITIONS.every((name) => policy.when[name] === undefined || policy.when[name] === about[name]);

/** The most specific policy that speaks of a call. No two are equally specific once `policyRivals` is empty. */
export function choosePolicy<Role extends string>(
  policies: readonly Policy<Role>[],
  about: PolicyCase,
): Policy<Role> | undefined {
  let chosen: Policy<Role> | undefined;
  for (const policy of policies) {
    if (!meets(policy, about)) continue;
    if (chosen === undefined || specificity(policy) > specificity(chosen)) chosen = policy;
  }
  return chosen;
}

/** Pairs of policies that speak of exactly the same calls, so that nobody could say which one holds. */
export function policyRivals<P extends Policy>(policies: readonly P[]): [P, P][] {
  return policies.flatMap((one, index) =>
    policies
      .slice(index + 1)
      .filter(
        (other) => other.task === one.task && CONDITIONS.every((name) => other.when[name] === one.when[name]),
      )
      .map((other): [P, P] => [one, other]),
  );
}
