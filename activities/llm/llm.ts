import { setTimeout as delay } from 'node:timers/promises';
import type { LlmSettings, ModelRole, ProviderSettings } from '../../config/llm.ts';
import { createAnthropicProvider } from './anthropic.ts';
import { createAttempt, type Target, type Turn } from './attempt.ts';
import { createBreaker } from './breaker.ts';
import { type LlmBudgets, limited, sizeOf, sizeOfTexts } from './budget.ts';
import { runChain } from './chain.ts';
import { askForAnswer, toProviderRequest } from './chat.ts';
import type {
  CallContext,
  ChatRequest,
  ChatResult,
  EmbedResult,
  LlmClock,
  LlmLedger,
  LlmLog,
  LlmProvider,
  ProviderHealth,
} from './contract.ts';
import { LlmError } from './errors.ts';
import { providerHealth } from './health.ts';
import { createLimiter } from './limiter.ts';
import { createOllamaProvider } from './ollama.ts';
import { createOpenAiProvider } from './openai.ts';
import { createRowKeeper } from './row-keeper.ts';

export interface Llm {
  /**
   * Asks the role's models in order. With a schema the result has a checked `value`.
   * Rejects with `ProviderError` when none answers, with the signal's reason when cancelled.
   */
  chat<T>(request: ChatRequest<T>, context: CallContext, signal: AbortSignal): Promise<ChatResult<T>>;
  /** Vectors from the role `embeddings`; rejects like `chat`. */
  embed(texts: string[], context: CallContext, signal: AbortSignal): Promise<EmbedResult>;
  /** Loads the local models of `fast` and `main`. Never rejects; need not be waited for. */
  warmUp(signal: AbortSignal): Promise<void>;
  /** One line per configured provider, in the order of the configuration. */
  health(signal: AbortSignal): Promise<ProviderHealth[]>;
  close(): Promise<void>;
}

export interface LlmDeps {
  settings: LlmSettings;
  ledger: LlmLedger;
  /** Without them nothing is limited. */
  budgets?: LlmBudgets;
  log: LlmLog;
  clock?: LlmClock;
}

const SYSTEM_CLOCK: LlmClock = {
  now: () => Date.now(),
  sleep: async (ms, signal) => {
    await delay(ms, undefined, { signal });
  },
};

/** Failures that are no news about a provider. */
const QUIET = new Set(['circuit_open', 'over_budget']);

const ADAPTERS = {
  ollama: createOllamaProvider,
  openai: createOpenAiProvider,
  anthropic: createAnthropicProvider,
} satisfies Record<ProviderSettings['kind'], (name: string, settings: ProviderSettings) => LlmProvider>;

/** The models of one process: providers, circuits and places are shared by everything that asks. */
export function createLlm({ settings, ledger, budgets, log, clock = SYSTEM_CLOCK }: LlmDeps): Llm {
  const guarded = new Map(
    Object.entries(settings.providers).map(([name, own]) => {
      const create = ADAPTERS[own.kind];
      const breaker = createBreaker({ ...settings.breaker, now: clock.now });
      const limiter = createLimiter(own.concurrency);
      return [name, { provider: create(name, own), settings: own, breaker, limiter }];
    }),
  );
  const lastFailure = new Map<string, string>();
  const attempt = createAttempt(settings, clock, budgets);

  const targetsOf = (role: ModelRole, localOnly = false): Target[] =>
    settings.roles[role].flatMap((entry) => {
      const parts = guarded.get(entry.provider);
      if (parts === undefined || (localOnly && !parts.provider.local)) return [];
      return [{ key: `${entry.provider}/${entry.model}`, role, entry, ...parts }];
    });

  /** The models of several roles in order, each model once. */
  const targetsOfAll = (roles: readonly ModelRole[], localOnly?: boolean): Target[] =>
    roles
      .flatMap((role) => targetsOf(role, localOnly))
      .filter(({ key }, index, all) => all.findIndex((other) => other.key === key) === index);

  /** An attempt whose failure is remembered for the health report until the next success. */
  const ask: typeof attempt = async (turn, target, size, work) => {
    const { name } = target.provider;
    try {
      const result = await attempt(turn, target, size, work);
      lastFailure.delete(name);
      return result;
    } catch (error) {
      if (error instanceof LlmError && !QUIET.has(error.kind)) lastFailure.set(name, error.message);
      throw error;
    }
  };

  const run = <T>(
    roles: readonly [ModelRole, ...ModelRole[]],
    context: CallContext,
    signal: AbortSignal,
    work: (turn: Turn, target: Target, isLast: boolean) => Promise<T>,
  ): Promise<T> => {
    const targets = targetsOfAll(roles, context.localOnly);
    const rows = createRowKeeper(ledger, clock, log);
    return runChain({ ...settings.chain, clock }, { role: roles[0], context, targets, rows, signal }, work);
  };

  return {
    chat: (request, context, signal) => {
      const base = toProviderRequest(request, context.correlationId);
      return run([request.role, ...(request.then ?? [])], context, signal, async (turn, target, isLast) => {
        const { provider, entry } = target;
        // A model that loads is waited for only briefly while another one could answer.
        const loadWaitMs = isLast ? undefined : settings.chain.turnBudgetMs / 3;
        const answer = await askForAnswer(provider.name, base, request.schema, (own, judge) => {
          const sent = budgets?.limits(context) && !provider.local ? limited(own, entry) : own;
          return ask(turn, target, sizeOf(sent), async (inner) =>
            judge(await provider.chat({ ...sent, loadWaitMs }, entry, inner)),
          );
        });
        const { text, usage, finish } = answer;
        const value = 'value' in answer ? { value: answer.value } : {};
        return { text, usage, finish, provider: provider.name, model: entry.model, ...value };
      });
    },

    embed: (texts, context, signal) =>
      run(['embeddings'], context, signal, async (turn, target) => {
        const { provider, entry } = target;
        const { vectors, usage } = await ask(turn, target, sizeOfTexts(texts), (inner) =>
          provider.embed(texts, entry, inner, context.correlationId),
        );
        const dimensions = vectors[0]?.length ?? entry.dimensions ?? 0;
        return { vectors, usage, dimensions, provider: provider.name, model: entry.model };
      }),

    async warmUp(signal) {
      for (const { key, entry, provider } of [...targetsOf('fast'), ...targetsOf('main')]) {
        if (provider.warmUp === undefined) continue;
        try {
          await provider.warmUp(entry, signal);
          log.info({ model: key }, 'Model is loaded.');
        } catch (error) {
          if (signal.aborted) return;
          const reason = error instanceof LlmError ? error.message : 'unexpected error';
          log.warn({ model: key, reason }, 'Model could not be loaded ahead of use.');
        }
      }
    },

    health: (signal) =>
      Promise.all(
        [...guarded.values()].map(({ provider, breaker }) =>
          providerHealth(provider, breaker.state(), lastFailure.get(provider.name), signal),
        ),
      ),

    async close() {
      await Promise.all([...guarded.values()].map(({ provider }) => provider.close()));
    },
  };
}
