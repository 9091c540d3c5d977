import type { ModelEntry, ModelPrice, ModelRole } from './llm.ts';

interface DefaultProvider {
  /** Environment variable that overrides the address. */
  baseUrlEnv?: string;
  /** True when nobody needs to be told that it takes no part. */
  optional?: boolean;
  /** Fields as config.yaml would give them. Without a baseUrl the provider exists only when named. */
  settings: Record<string, unknown>;
}

/** Local first, then hosted. vLLM takes part when it has an address, hosted ones when they have a key. */
export const DEFAULT_PROVIDERS: Record<string, DefaultProvider> = {
  ollama: {
    baseUrlEnv: 'OLLAMA_URL',
    settings: {
      kind: 'ollama',
      baseUrl: 'http://127.0.0.1:11434',
      local: true,
      concurrency: 2,
      // The server's own five minutes would make the first customer after a pause wait for a load.
      extraBody: { keep_alive: '1h' },
    },
  },
  vllm: {
    baseUrlEnv: 'VLLM_BASE_URL',
    settings: { kind: 'openai', flavour: 'vllm', apiKeyEnv: 'VLLM_API_KEY', local: true, concurrency: 8 },
  },
  glm: {
    baseUrlEnv: 'GLM_BASE_URL',
    settings: {
      kind: 'openai',
      flavour: 'glm',
      baseUrl: 'https://api.z.ai/api/paas/v4',
      apiKeyEnv: 'GLM_API_KEY',
      structured: 'json_object',
    },
  },
  openai: {
    baseUrlEnv: 'OPENAI_BASE_URL',
    settings: {
      kind: 'openai',
      baseUrl: 'https://api.openai.com/v1',
      apiKeyEnv: 'OPENAI_API_KEY',
      concurrency: 8,
    },
  },
  anthropic: {
    baseUrlEnv: 'ANTHROPIC_BASE_URL',
    optional: true,
    settings: {
      kind: 'anthropic',
      baseUrl: 'https://api.anthropic.com',
      apiKeyEnv: 'ANTHROPIC_API_KEY',
      structured: 'tool',
    },
  },
  openrouter: {
    baseUrlEnv: 'OPENROUTER_BASE_URL',
    optional: true,
    settings: {
      kind: 'openai',
      flavour: 'openrouter',
      baseUrl: 'https://openrouter.ai/api/v1',
      apiKeyEnv: 'OPENROUTER_API_KEY',
      structured: 'json_object',
    },
  },
  groq: {
    baseUrlEnv: 'GROQ_BASE_URL',
    optional: true,
    settings: {
      kind: 'openai',
      flavour: 'groq',
      baseUrl: 'https://api.groq.com/openai/v1',
      apiKeyEnv: 'GROQ_API_KEY',
      structured: 'json_object',
    },
  },
};

const VLLM: ModelEntry = { provider: 'vllm', model: 'Qwen3-30B-A3B-Instruct-2507-AWQ' };
const GLM: ModelEntry = { provider: 'glm', model: 'glm-4.6' };
const GLM_FAST: ModelEntry = { provider: 'glm', model: 'glm-4.5-air' };
const OPENAI: ModelEntry = { provider: 'openai', model: 'gpt-4.1' };
const OPENAI_FAST: ModelEntry = { provider: 'openai', model: 'gpt-4.1-mini' };
const ANTHROPIC: ModelEntry = { provider: 'anthropic', model: 'claude-sonnet-4-5-20250929' };
const GROQ: ModelEntry = { provider: 'groq', model: 'llama-3.3-70b-versatile' };

/**
 * Vectors of two models cannot be compared, so embeddings have no fallback to another model:
 * whoever changes the model embeds everything anew.
 */
export const DEFAULT_ROLES: Record<ModelRole, ModelEntry[]> = {
  main: [
    { provider: 'ollama', model: 'qwen3:30b', numCtx: 16_384 },
    VLLM,
    GLM,
    OPENAI,
    ANTHROPIC,
    { provider: 'openrouter', model: 'tngtech/deepseek-r1t2-chimera' },
    GROQ,
  ],
  fast: [
    { provider: 'ollama', model: 'llama3.1:8b', numCtx: 8_192 },
    VLLM,
    GLM_FAST,
    OPENAI_FAST,
    { provider: 'groq', model: 'llama-3.1-8b-instant' },
    ANTHROPIC,
    { provider: 'openrouter', model: 'tngtech/deepseek-r1t2-chimera' },
  ],
  reasoning: [
    { provider: 'ollama', model: 'deepseek-r1:8b', numCtx: 16_384 },
    GLM,
    { provider: 'openai', model: 'gpt-5-mini', temperature: 'unset' },
    { provider: 'anthropic', model: 'claude-opus-4-6' },
    { provider: 'openrouter', model: 'deepseek/deepseek-r1-0528' },
  ],
  code: [{ provider: 'ollama', model: 'qwen3-coder:30b', numCtx: 16_384 }, VLLM, GLM, OPENAI, ANTHROPIC],
  autocomplete: [{ provider: 'ollama', model: 'qwen2.5-coder:1.5b', numCtx: 4_096 }, GLM_FAST, OPENAI_FAST],
  embeddings: [{ provider: 'ollama', model: 'nomic-embed-text', numCtx: 2_048, dimensions: 768 }],
};

/**
 * Micro-dollars per million tokens: rough figures, written down without a look at the providers'
 * price lists. Whoever reports on costs sets `llm.prices`. A model that is missing here, such as those
 * of OpenRouter, whose prices depend on who serves them, has an unknown price.
 */
export const DEFAULT_PRICES: Record<string, ModelPrice> = {
  'openai/gpt-4.1': { input: 2_000_000, output: 8_000_000 },
  'openai/gpt-4.1-mini': { input: 400_000, output: 1_600_000 },
  'openai/gpt-5-mini': { input: 250_000, output: 2_000_000 },
  'glm/glm-4.6': { input: 600_000, output: 2_200_000 },
  'glm/glm-4.5-air': { input: 200_000, output: 1_100_000 },
  'anthropic/claude-sonnet-4-5-20250929': { input: 3_000_000, output: 15_000_000 },
  'anthropic/claude-opus-4-6': { input: 5_000_000, output: 25_000_000 },
  'groq/llama-3.3-70b-versatile': { input: 590_000, output: 790_000 },
  'groq/llama-3.1-8b-instant': { input: 50_000, output: 80_000 },
};
