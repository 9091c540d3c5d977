import type { z } from 'zod';
import { crossFaults } from './cross-checks.ts';
import { DEFAULT_NAME, overlayEnvironment } from './environment.ts';
import { type Fault, SettingsError } from './fault.ts';
import { LlmConfigError, type LlmSettings, llmSettings } from './llm.ts';
import { budgetSettings, type ModelBudget, type ModelPolicy, policySettings } from './policies.ts';
import { loadPrompts, type Prompts } from './prompts.ts';
import { settingsSchema } from './schema.ts';
import { type Environment, type Path, parseYaml, showPath } from './yaml.ts';

type Parsed = z.infer<typeof settingsSchema>;
type ParsedTenant = Parsed['tenants'][number];

/** A bot account with its credentials. Names are unique in the installation: webhook paths hold them. */
export type ChannelSettings = ParsedTenant['channels'][number];
export type TenantSettings = Omit<ParsedTenant, 'name'> & { name: string };

/** Everything the processes need to know. Holds secrets: print it with `describeSettings` only. */
export type Settings = Omit<Parsed, 'tenants' | 'prompts'> & {
  tenants: TenantSettings[];
  llm: LlmSettings;
  prompts: Prompts;
  /** The most specific one holds: see `choosePolicy`. */
  policies: ModelPolicy[];
  budgets: ModelBudget[];
};

export interface SettingsSource {
  env: Environment;
  /** Text of config.yaml; absent when there is no file. */
  yaml?: string | undefined;
}

/**
 * Checks config.yaml and the environment together; the environment wins.
 * @throws SettingsError naming every fault at once, without values.
 */
export function loadSettings({ env, yaml }: SettingsSource): Settings {
  const file = parseYaml(yaml ?? '', env);
  const faults: Array<Fault & { path?: Path }> = [...file.faults];
  const { llm: llmPart, policies: policiesPart, budgets: budgetsPart, ...rest } = file.tree;
  const { tree, origins } = overlayEnvironment(rest, env);

  const known = new Set(faults.flatMap((fault) => (fault.path === undefined ? [] : [showPath(fault.path)])));
  const add = (path: Path, what: string) => {
    const at = showPath(path);
    if (known.has(at)) return;
    known.add(at);
    faults.push({ what: `${at === '' ? 'The file' : at} ${what}`, where: place(at, origins) });
  };

  const parsed = settingsSchema.safeParse(tree);
  for (const issue of parsed.success ? [] : parsed.error.issues) {
    if (issue.code === 'unrecognized_keys') {
      for (const key of issue.keys) add([...issue.path, key], 'is not a setting; see config.example.yaml');
    } else {
      add(issue.path, issue.message.startsWith('Invalid input') ? 'has the wrong type' : issue.message);
    }
  }
  // Checks between settings run also when single ones are wrong: all faults are told at once.
  for (const { path, what } of crossFaults(tree)) add(path, what);

  const llm = checkLlm(llmPart, env, faults);
  const { prompts, faults: badPrompts } = loadPrompts(parsed.data?.prompts.dir);
  const things = { prompts, tenants: parsed.data?.tenants.map(({ slug }) => slug) };
  const { policies, faults: badPolicies } = policySettings(policiesPart, things);
  const { budgets, faults: badBudgets } = budgetSettings(budgetsPart, things);
  faults.push(...badPrompts, ...badPolicies, ...badBudgets);
  if (!parsed.success || llm === undefined || faults.length > 0) throw new SettingsError(faults);
  const tenants = parsed.data.tenants.map((tenant) => ({ ...tenant, name: tenant.name ?? tenant.slug }));
  return { ...parsed.data, tenants, llm, prompts, policies, budgets };
}

/** The tenant meant where none is named: `default`, else the only one there is. */
export function defaultTenant(settings: Pick<Settings, 'tenants'>): TenantSettings | undefined {
  const { tenants } = settings;
  return tenants.find(({ slug }) => slug === DEFAULT_NAME) ?? (tenants.length === 1 ? tenants[0] : undefined);
}

function place(at: string, origins: Map<string, string>): string {
  const variable = origins.get(at);
  return variable === undefined
    ? `config.yaml: ${at}`
    : `${variable} in the environment, or config.yaml: ${at}`;
}

function checkLlm(part: unknown, env: Environment, faults: Fault[]): LlmSettings | undefined {
  try {
    return llmSettings(part, env);
  } catch (error) {
    if (!(error instanceof LlmConfigError)) throw error;
    for (const fault of error.faults) faults.push({ what: fault, where: 'config.yaml: llm' });
    return undefined;
  }
}
