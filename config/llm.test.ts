import { expect, test } from 'vitest';
import { LlmConfigError, llmSettings } from './llm.ts';

const KEYS = { GLM_API_KEY: 'glm-secret', OPENAI_API_KEY: 'openai-secret' };

const faultsOf = (yaml: unknown, env: Record<string, string> = {}): string[] => {
  try {
    llmSettings(yaml, env);
  } catch (error) {
    if (error instanceof LlmConfigError) return error.faults;
    throw error;
  }
  return [];
};

test('without a file the chain is Ollama, then GLM, then OpenAI', () => {
  const settings = llmSettings(undefined, KEYS);
  expect(settings.roles.main.map(({ provider }) => provider)).toEqual(['ollama', 'glm', 'openai']);
  expect(settings.roles.main[0]?.model).toBe('qwen3:30b');
  expect(settings.providers.glm).toMatchObject({ apiKey: 'glm-secret', timeoutMs: 30_000, local: false });
  expect(settings.chain).toEqual({ maxPasses: 3, turnBudgetMs: 60_000 });
});

test('a provider without its key is left out with a note, and only Ollama remains', () => {
  const settings = llmSettings({}, { GLM_API_KEY: '' });
  expect(Object.keys(settings.providers)).toEqual(['ollama']);
  expect(settings.roles.main.map(({ provider }) => provider)).toEqual(['ollama']);
  expect(settings.notes.join('\n')).toMatch(/glm is left out: GLM_API_KEY is not set/);
  expect(settings.notes.join('\n')).not.toMatch(/groq/);
  expect(llmSettings({ providers: { groq: { concurrency: 1 } } }, {}).notes.join('\n')).toMatch(
    /groq is left out/,
  );
});

test('addresses come from the environment', () => {
  const env = {
    ...KEYS,
    OLLAMA_URL: 'http://ollama:11434',
    GLM_BASE_URL: 'http://glm/v4',
    VLLM_BASE_URL: 'http://vllm:8000/v1',
  };
  const { providers, roles } = llmSettings(undefined, env);
  expect(providers.ollama?.baseUrl).toBe('http://ollama:11434');
  expect(providers.glm?.baseUrl).toBe('http://glm/v4');
  expect(providers.vllm).toMatchObject({ flavour: 'vllm', local: true });
  expect(roles.main.map(({ provider }) => provider)).toEqual(['ollama', 'vllm', 'glm', 'openai']);
});

test('when no provider remains for a main role, start is refused with the reasons', () => {
  const faults = faultsOf({ providers: { ollama: { enabled: false } } });
  expect(faults).toHaveLength(1);
  expect(faults[0]).toMatch(/roles.main and llm.roles.fast: no provider remains.*OPENAI_API_KEY is not set/s);
});

test('every fault is named at once, and no secret with it', () => {
  const faults = faultsOf(
    {
      providers: {
        ollama: { timeoutMs: -1 },
        mine: { kind: 'carrier-pigeon' },
        glm: { baseUrl: 'not a url', apiKey: 'sk-in-the-file' },
      },
      roles: { fast: [{ provider: 'nobody', model: 'x' }] },
    },
    KEYS,
  );
  const text = faults.join('\n');
  expect(text).toMatch(/llm\.providers\.ollama\.timeoutMs/);
  expect(text).toMatch(/llm\.providers\.mine\.kind/);
  expect(text).toMatch(/llm\.providers\.mine\.baseUrl/);
  expect(text).toMatch(/llm\.providers\.glm/);
  expect(text).toMatch(/there is no provider "nobody"/);
  expect(text).not.toMatch(/secret|sk-in/);
});

test('the file lays single fields over a default provider and replaces roles as a whole', () => {
  const { providers, roles } = llmSettings(
    {
      providers: {
        openai: { proxy: 'http://proxy:3128', timeoutMs: 5_000 },
        own: { kind: 'openai', baseUrl: 'http://own/v1' },
      },
      roles: { fast: [{ provider: 'own', model: 'small' }] },
    },
    KEYS,
  );
  expect(providers.openai).toMatchObject({
    baseUrl: 'https://api.openai.com/v1',
    proxy: 'http://proxy:3128',
    timeoutMs: 5_000,
  });
  expect(roles.fast).toEqual([{ provider: 'own', model: 'small' }]);
  expect(roles.main).toHaveLength(3);
});

test('one Ollama model in two context sizes is a fault, because each change reloads it', () => {
  const entry = { provider: 'ollama', model: 'm' };
  const faults = faultsOf({
    roles: { main: [{ ...entry, numCtx: 4096 }], fast: [{ ...entry, numCtx: 8192 }] },
  });
  expect(faults.join()).toMatch(/ollama\/m has different numCtx/);
});

test('a paid model without a price is noted', () => {
  const { notes } = llmSettings({ roles: { main: [{ provider: 'openai', model: 'gpt-next' }] } }, KEYS);
  expect(notes.join('\n')).toMatch(/no price for openai\/gpt-next/);
});
