import { z } from 'zod';
import { type Policy, policyRivals } from '../domain/policy.ts';
import type { Fault } from './fault.ts';
import { MODEL_ROLES } from './llm.ts';
import type { Prompts } from './prompts.ts';

const CHAT_ROLES = MODEL_ROLES.filter((role) => role !== 'embeddings');
export type ChatRole = Exclude<(typeof MODEL_ROLES)[number], 'embeddings'>;
export type ModelPolicy = Policy<ChatRole>;

/** What holds where config.yaml says nothing. */
const DEFAULT_POLICIES: readonly ModelPolicy[] = [
  { name: 'answer', version: 1, when: {}, task: 'answer', roles: ['main'], prompt: 'answer@1' },
  { name: 'intent', version: 1, when: {}, task: 'intent', roles: ['fast'], prompt: 'intent@1' },
  { name: 'lead', version: 1, when: {}, task: 'lead', roles: ['fast'], prompt: 'lead@1' },
  { name: 'score', version: 1, when: {}, task: 'score', roles: ['main'], prompt: 'score@1' },
];

const Name = z
  .string('must be a text')
  .regex(/^[a-z0-9][a-z0-9_-]{0,62}$/, 'must be 1 to 63 lower-case letters, digits, "-" or "_"');
const Condition = z.string('must be a text').min(1, 'is empty').optional();

const PolicyFile = z.strictObject({
  name: Name,
  version: z.int('must be a whole number').positive('must be at least 1'),
  when: z.strictObject({ tenant: Condition, process: Condition, intent: Condition }).default({}),
  roles: z.tuple(
    [z.enum(CHAT_ROLES as [ChatRole], `must be one of ${CHAT_ROLES.join(', ')}`)],
    z.enum(CHAT_ROLES as [ChatRole], `must be one of ${CHAT_ROLES.join(', ')}`),
  ),
  prompt: z.string('must be a text').regex(/^[^@]+@[1-9]\d*$/, 'must be <name>@<version>, such as answer@1'),
});

const Limit = z.int('must be a whole number').positive('must be at least 1').optional();

const BudgetFile = z
  .strictObject({
    name: Name,
    /** Slug; absent: each tenant has such a budget of its own. */
    tenant: Condition,
    /** Absent: all runs and conversations together. */
    process: Condition,
    /** Millionths of `llm.currency`. */
    microsPerDay: Limit,
    tokensPerDay: Limit,
    /** In which a day begins. */
    timeZone: z
      .string('must be a text')
      .refine((zone) => {
        try {
          new Intl.DateTimeFormat('en', { timeZone: zone });
          return true;
        } catch {
          return false;
        }
      }, 'must be a time zone, such as Asia/Almaty')
      .default('UTC'),
  })
  .refine((budget) => budget.microsPerDay !== undefined || budget.tokensPerDay !== undefined, {
    error: 'limits nothing: give it microsPerDay or tokensPerDay',
  });

/** How much the models may cost; see `docs/models.md`. */
export type ModelBudget = z.output<typeof BudgetFile>;

export interface Known {
  prompts: Prompts;
  /** Slugs; undefined while the tenants themselves are in doubt. */
  tenants: readonly string[] | undefined;
}

/** The policy table: rows of config.yaml in front of the built-in ones. Processes are checked by whoever knows them. */
export function policySettings(part: unknown, known: Known): { policies: ModelPolicy[]; faults: Fault[] } {
  const { rows, faults } = read(part, PolicyFile, 'policies');
  const policies = rows.flatMap(({ at, row }): ModelPolicy[] => {
    checkTenant(row.when.tenant, known, `${at}.when.tenant`, faults);
    const prompt = known.prompts.get(row.prompt);
    if (prompt !== undefined) return [{ ...row, task: prompt.task }];
    faults.push({ what: `${at}.prompt names no prompt`, where: `config.yaml: ${at}.prompt` });
    return [];
  });
  for (const [one, other] of policyRivals(policies)) {
    faults.push({
      what: `The policies ${one.name} and ${other.name} speak of the same calls`,
      where: 'config.yaml: policies',
    });
  }
  const replaced = ({ name, task }: ModelPolicy) =>
    policies.some((own) => own.name === name || (own.task === task && Object.keys(own.when).length === 0));
  const defaults = DEFAULT_POLICIES.filter((policy) => !replaced(policy));
  const all = [...policies, ...defaults];
  for (const { task, name } of DEFAULT_POLICIES) {
    if (all.some((own) => own.task === task && Object.values(own.when).every((v) => v === undefined)))
      continue;
    faults.push({
      what: `The policy ${name} replaces the one for all calls of its task, so it cannot have conditions: name it otherwise`,
      where: 'config.yaml: policies',
    });
  }
  return { policies: all, faults };
}

/** Budgets of config.yaml; without any nothing is limited. */
export function budgetSettings(
  part: unknown,
  known: Pick<Known, 'tenants'>,
): { budgets: ModelBudget[]; faults: Fault[] } {
  const { rows, faults } = read(part, BudgetFile, 'budgets');
  for (const { at, row } of rows) checkTenant(row.tenant, known, `${at}.tenant`, faults);
  return { budgets: rows.map(({ row }) => row), faults };
}

function checkTenant(
  tenant: string | undefined,
  { tenants }: Pick<Known, 'tenants'>,
  at: string,
  faults: Fault[],
): void {
  if (tenant === undefined || tenants === undefined || tenants.includes(tenant)) return;
  faults.push({ what: `${at} names no tenant`, where: `config.yaml: ${at}` });
}

function read<T extends { name: string }>(part: unknown, schema: z.ZodType<T>, at: string) {
  const faults: Fault[] = [];
  const rows: { at: string; row: T }[] = [];
  const names = new Set<string>();
  if (part !== undefined && !Array.isArray(part)) {
    faults.push({ what: `${at} must be a list`, where: `config.yaml: ${at}` });
    return { rows, faults };
  }
  for (const [index, item] of (part ?? []).entries()) {
    const place = `${at}[${index}]`;
    const parsed = schema.safeParse(item);
    if (!parsed.success) {
      for (const { path, message } of parsed.error.issues) {
        const where = [place, ...path.map(String)].join('.');
        faults.push({ what: `${where} ${message}`, where: `config.yaml: ${where}` });
      }
      continue;
    }
    if (names.has(parsed.data.name)) {
      faults.push({ what: `${place}.name is used by another one`, where: `config.yaml: ${place}.name` });
    }
    names.add(parsed.data.name);
    rows.push({ at: place, row: parsed.data });
  }
  return { rows, faults };
}
