import { onTestFinished, vi } from 'vitest';
import type { LlmSettings } from '../../config/llm.ts';
import type { CallRecord, LlmClock } from './contract.ts';
import { createLlm, type LlmDeps } from './llm.ts';
import { testSettings } from './stub-servers.ts';

export const never = new AbortController().signal;
export const CONTEXT = {
  tenantId: 't-1',
  runId: 'r-1',
  workflowId: 'w-1',
  step: 'reply',
  purpose: 'answer',
  correlationId: 'c-1',
};

/** A question with a phone that must not turn up in errors or in the ledger. */
export const ASK = {
  role: 'main' as const,
  messages: [{ role: 'user' as const, content: 'my phone is 8 701 000 00 00' }],
};

type Parts = Partial<Pick<LlmDeps, 'ledger' | 'clock' | 'budgets'>>;

/** Models as these settings have them, with what they note in the ledger, until the test is over. */
export function llmWith(settings: LlmSettings, parts: Parts = {}) {
  const rows: CallRecord[] = [];
  const log = { info: vi.fn(), warn: vi.fn(), error: vi.fn() };
  const llm = createLlm({ settings, ledger: { record: async (row) => void rows.push(row) }, log, ...parts });
  onTestFinished(() => llm.close());
  return { llm, rows, log };
}

interface Options extends Parts {
  /** Name → address; `ollama` is native, all others compatible with OpenAI, `house` is local. */
  at: Record<string, string>;
  rest?: Record<string, unknown>;
  provider?: Record<string, unknown>;
}

/** Models at these addresses, asked in this order. */
export function llmAt({ at, rest, provider, ...parts }: Options) {
  const settings = testSettings({
    providers: Object.fromEntries(
      Object.entries(at).map(([name, baseUrl]) => [
        name,
        {
          kind: name === 'ollama' ? 'ollama' : 'openai',
          flavour: 'openai',
          baseUrl,
          enabled: true,
          local: name === 'ollama' || name === 'house',
          timeoutMs: 2_000,
          ...provider,
        },
      ]),
    ),
    roles: { main: Object.keys(at).map((name) => ({ provider: name, model: 'm' })) },
    keys: { GLM_API_KEY: 'k', OPENAI_API_KEY: 'k' },
    rest: { prices: { 'glm/m': { input: 600_000, output: 2_200_000 } }, ...rest },
  });
  return llmWith(settings, parts);
}

/** A clock whose sleeps are over at once and written down. */
export function fastClock() {
  let shift = 0;
  const naps: number[] = [];
  const clock: LlmClock = {
    now: () => Date.now() + shift,
    sleep: async (ms) => {
      naps.push(ms);
      shift += ms;
    },
  };
  return { clock, naps };
}

export const outcomes = (rows: CallRecord[]) => rows.map(({ provider, outcome }) => `${provider} ${outcome}`);
