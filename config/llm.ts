import { z } from 'zod';
import { DEFAULT_PRICES, DEFAULT_PROVIDERS, DEFAULT_ROLES } from './llm-defaults.ts';

/** What a model is asked to be; each role has its own ordered list of providers and models. */
export const MODEL_ROLES = ['main', 'fast', 'reasoning', 'code', 'autocomplete', 'embeddings'] as const;
export type ModelRole = (typeof MODEL_ROLES)[number];

const Milliseconds = z.int().positive();
const HttpUrl = z.url({ protocol: /^https?$/ });

const STRUCTURED = ['json_schema', 'json_object', 'tool', 'prompt'] as const;

/** Protocols that are spoken, each with how it can be told to answer in JSON. */
const KINDS = {
  ollama: ['json_schema'],
  openai: ['json_schema', 'json_object', 'prompt'],
  anthropic: ['tool', 'json_schema', 'prompt'],
} satisfies Record<string, (typeof STRUCTURED)[number][]>;
type Kind = keyof typeof KINDS;

/** Name resolution of its own: DNS servers, or a map from host name to address. */
const Resolver = z.union([
  z.strictObject({ servers: z.array(z.string().min(1)).min(1) }),
  z.strictObject({ hosts: z.record(z.string(), z.union([z.ipv4(), z.ipv6()])) }),
]);

const Provider = z.strictObject({
  /**
   * `ollama` and `anthropic` speak their native APIs; `openai` is every server compatible with chat
   * completions.
   */
  kind: z.enum(Object.keys(KINDS) as [Kind, ...Kind[]]),
  /** Whose variant of the OpenAI API it is. */
  flavour: z.enum(['openai', 'glm', 'openrouter', 'groq', 'vllm']).default('openai'),
  baseUrl: HttpUrl,
  /** Name of the environment variable that holds the key; the key itself is never in the file. */
  apiKeyEnv: z.string().min(1).optional(),
  /** Longest time for one answer, without the time a model takes to load. */
  timeoutMs: Milliseconds.default(30_000),
  /** Longest time for a model to load (Ollama only). */
  loadTimeoutMs: Milliseconds.default(300_000),
  /** Calls in flight per process; more wait for a place. */
  concurrency: z.int().positive().default(4),
  /**
   * Egress proxy (`http://user:password@host:port`) for APIs that refuse this country; `none` goes out
   * directly where `llm.egress` has one.
   */
  proxy: z.union([HttpUrl, z.literal('none')]).optional(),
  resolver: Resolver.optional(),
  /** True when texts do not leave the tenant's own machines. */
  local: z.boolean().default(false),
  /** How the provider is told to answer in JSON. The schema is validated here in every case. */
  structured: z.enum(STRUCTURED).default('json_schema'),
  /** When neither model entry nor request has one. */
  temperature: z.number().min(0).max(2).optional(),
  /** Further fields of the request body, as the provider names them. */
  extraBody: z.record(z.string(), z.unknown()).default({}),
  /** False takes a default provider out of every chain. */
  enabled: z.boolean().default(true),
});

const ModelEntry = z.strictObject({
  provider: z.string().min(1),
  /** A pinned model: a provider's own default would change under us. */
  model: z.string().min(1),
  /** Context window in tokens (Ollama): one value per model, another one reloads it. */
  numCtx: z.int().positive().optional(),
  maxTokens: z.int().positive().optional(),
  /** Wins over what a request wishes; `unset` sends none, for models that refuse any. */
  temperature: z.union([z.number().min(0).max(2), z.literal('unset')]).optional(),
  /** Length of the vectors (embeddings only); an answer of another length is refused. */
  dimensions: z.int().positive().optional(),
});

/** Micro-units of the currency (millionths) per million tokens. */
const Price = z.strictObject({ input: z.number().min(0), output: z.number().min(0) });

/** The `llm:` part of config.yaml before defaults and environment are laid under and over it. */
const LlmFile = z.strictObject({
  providers: z.record(z.string().min(1), z.record(z.string(), z.unknown())).default({}),
  roles: z.partialRecord(z.enum(MODEL_ROLES), z.array(ModelEntry).min(1)).default({}),
  /** Key: `provider/model`. */
  prices: z.record(z.string(), Price).default({}),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .default('USD'),
  /** The way out for all providers that are not local and have none of their own. */
  egress: z.strictObject({ proxy: HttpUrl.optional(), resolver: Resolver.optional() }).prefault({}),
  chain: z
    .strictObject({
      maxPasses: z.int().positive().default(3),
      turnBudgetMs: Milliseconds.default(60_000),
    })
    .prefault({}),
  breaker: z
    .strictObject({ failures: z.int().positive().default(5), openMs: Milliseconds.default(30_000) })
    .prefault({}),
});

export type ProviderSettings = Omit<z.infer<typeof Provider>, 'enabled' | 'apiKeyEnv' | 'proxy'> & {
  apiKey?: string;
  proxy?: string;
};
export type ModelEntry = z.infer<typeof ModelEntry>;
export type ModelPrice = z.infer<typeof Price>;

export interface LlmSettings {
  providers: Record<string, ProviderSettings>;
  roles: Record<ModelRole, ModelEntry[]>;
  prices: Record<string, ModelPrice>;
  currency: string;
  chain: { maxPasses: number; turnBudgetMs: number };
  breaker: { failures: number; openMs: number };
  /** What was left out and why, in words for the start log. */
  notes: string[];
}

/** Every fault of the `llm:` part at once; `faults` can be merged with those of other parts. */
export class LlmConfigError extends Error {
  readonly faults: string[];

  constructor(faults: string[]) {
    super(`Bad llm configuration:\n${faults.map((fault) => `- ${fault}`).join('\n')}`);
    this.name = 'LlmConfigError';
    this.faults = faults;
  }
}

/**
 * Lays the file over the defaults and takes keys and addresses from the environment. A provider
 * without its key is left out with a note; only when none remains for the roles `main` and `fast`
 * it is an error.
 * @throws LlmConfigError
 */
export function llmSettings(yamlPart: unknown, env: Record<string, string | undefined>): LlmSettings {
  const file = LlmFile.safeParse(yamlPart ?? {});
  if (!file.success) throw new LlmConfigError(faultsOf(file.error, 'llm'));
  const faults: string[] = [];
  const notes: string[] = [];
  const providers: Record<string, ProviderSettings> = {};
  const known = new Set([...Object.keys(DEFAULT_PROVIDERS), ...Object.keys(file.data.providers)]);
  const egress = { ...file.data.egress, ...(env[EGRESS_PROXY] && { proxy: env[EGRESS_PROXY] }) };
  if (egress.proxy !== undefined && !HttpUrl.safeParse(egress.proxy).success) {
    faults.push(`${EGRESS_PROXY}: must be an http or https URL.`);
  }

  for (const name of known) {
    const defaults = DEFAULT_PROVIDERS[name];
    const written = file.data.providers[name];
    const address = defaults?.baseUrlEnv === undefined ? undefined : env[defaults.baseUrlEnv] || undefined;
    const merged = { ...defaults?.settings, ...written, ...(address && { baseUrl: address }) };
    if (defaults !== undefined && written === undefined && merged.baseUrl === undefined) continue;
    const parsed = Provider.safeParse(merged);
    if (!parsed.success) {
      faults.push(...faultsOf(parsed.error, `llm.providers.${name}`));
      continue;
    }
    const { enabled, apiKeyEnv, ...own } = parsed.data;
    const settings = withEgress(own, egress);
    const ways: readonly string[] = KINDS[settings.kind];
    if (!ways.includes(settings.structured)) {
      faults.push(`llm.providers.${name}.structured: must be one of ${ways.join(', ')}.`);
    }
    const apiKey = apiKeyEnv === undefined ? undefined : env[apiKeyEnv] || undefined;
    if (!enabled) {
      notes.push(`LLM provider ${name} is switched off in the configuration.`);
    } else if (apiKeyEnv !== undefined && apiKey === undefined && settings.flavour !== 'vllm') {
      if (written !== undefined || defaults?.optional !== true) {
        notes.push(`LLM provider ${name} is left out: ${apiKeyEnv} is not set.`);
      }
    } else {
      providers[name] = { ...settings, ...(apiKey && { apiKey }) };
    }
  }

  const roles = Object.fromEntries(
    MODEL_ROLES.map((role) => {
      const entries = file.data.roles[role] ?? DEFAULT_ROLES[role];
      for (const { provider } of entries) {
        if (!known.has(provider)) faults.push(`llm.roles.${role}: there is no provider "${provider}".`);
      }
      return [role, entries.filter(({ provider }) => providers[provider] !== undefined)];
    }),
  ) as Record<ModelRole, ModelEntry[]>;
  faults.push(...contextFaults(roles, providers));
  const empty = (['main', 'fast'] as const).filter((role) => roles[role].length === 0);
  if (empty.length > 0 && faults.length === 0) {
    const where = empty.map((role) => `llm.roles.${role}`).join(' and ');
    faults.push(`${where}: no provider remains. ${notes.join(' ')}`);
  }
  if (faults.length > 0) throw new LlmConfigError(faults);

  const prices = { ...DEFAULT_PRICES, ...file.data.prices };
  notes.push(...priceNotes(roles, providers, prices));
  const { currency, chain, breaker } = file.data;
  return { providers, roles, prices, currency, chain, breaker, notes };
}

/** Variable that overrides `llm.egress.proxy`. */
const EGRESS_PROXY = 'LLM_EGRESS_PROXY';

type Egress = Pick<ProviderSettings, 'proxy' | 'resolver'>;

/** A provider's own way out, or everybody's; a proxy resolves names itself, so one of its own rules both out. */
function withEgress<T extends { local: boolean } & Egress>(
  { proxy: ownProxy, ...provider }: T,
  shared: Egress,
): Omit<T, 'proxy'> & Egress {
  if (provider.local) return { ...provider, ...(ownProxy !== 'none' && ownProxy && { proxy: ownProxy }) };
  const proxy = ownProxy ?? (provider.resolver === undefined ? shared.proxy : undefined);
  const resolver = provider.resolver ?? shared.resolver;
  return { ...provider, ...(proxy !== 'none' && proxy && { proxy }), ...(resolver && { resolver }) };
}

function faultsOf(error: z.ZodError, at: string): string[] {
  return error.issues.map((issue) => `${[at, ...issue.path.map(String)].join('.')}: ${issue.message}`);
}

/** One model in two context sizes would be reloaded at every change of role. */
function contextFaults(
  roles: Record<ModelRole, ModelEntry[]>,
  providers: Record<string, ProviderSettings>,
): string[] {
  const sizes = new Map<string, Set<number | undefined>>();
  for (const { provider, model, numCtx } of Object.values(roles).flat()) {
    if (providers[provider]?.kind !== 'ollama') continue;
    const key = `${provider}/${model}`;
    sizes.set(key, (sizes.get(key) ?? new Set()).add(numCtx));
  }
  return [...sizes]
    .filter(([, found]) => found.size > 1)
    .map(([key]) => `llm.roles: ${key} has different numCtx in different roles; it would reload each time.`);
}

function priceNotes(
  roles: Record<ModelRole, ModelEntry[]>,
  providers: Record<string, ProviderSettings>,
  prices: Record<string, ModelPrice>,
): string[] {
  const paid = Object.values(roles)
    .flat()
    .filter(({ provider }) => providers[provider]?.local === false)
    .map(({ provider, model }) => `${provider}/${model}`);
  return [...new Set(paid)]
    .filter((key) => prices[key] === undefined)
    .map(
      (key) =>
        `There is no price for ${key}: what its calls cost is not known, and no budget of money allows them.`,
    );
}
