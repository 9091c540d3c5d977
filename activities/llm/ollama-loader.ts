import type { Ollama } from 'ollama';
import type { ModelEntry, ProviderSettings } from '../../config/llm.ts';
import { classifyTransport } from './classify.ts';
import { withDeadline } from './deadline.ts';
import { LlmError, timedOut } from './errors.ts';

const ALIVE_MS = 5_000;

interface LoaderDeps {
  name: string;
  settings: ProviderSettings;
  client: (model: string, signal: AbortSignal) => Ollama;
  /** Aborted when the provider is closed. */
  stopped: AbortSignal;
}

export interface Loader {
  /** Whether the server holds the model in memory. A server that does not answer is an error. */
  listed(model: ModelEntry, signal: AbortSignal): Promise<boolean>;
  isLoading(model: ModelEntry): boolean;
  /**
   * Waits until the model is loaded, at most `waitMs` after the load began (default: the load
   * limit), then rejects with kind `loading`.
   */
  ready(model: ModelEntry, waitMs: number | undefined, signal: AbortSignal): Promise<void>;
  alive(signal: AbortSignal): Promise<void>;
}

/**
 * Loads models apart from the calls that need them. The server drops a load when the request that
 * caused it goes away, so a load belongs to nobody: callers join it, stop waiting when they must,
 * and the next one finds the model further on.
 */
export function createLoader({ name, settings, client, stopped }: LoaderDeps): Loader {
  const loads = new Map<string, { done: Promise<void>; since: number }>();

  const loading = (model: ModelEntry): LlmError =>
    new LlmError({
      provider: name,
      class: 'unavailable',
      kind: 'loading',
      message: `${name} is still loading ${model.model}.`,
    });

  async function ask<T>(
    ms: number,
    signal: AbortSignal,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    try {
      return await withDeadline(signal, ms, () => timedOut(name, 'did not answer', ms), work);
    } catch (error) {
      signal.throwIfAborted();
      throw error instanceof LlmError ? error : classifyTransport(name, error);
    }
  }

  function start(model: ModelEntry): { done: Promise<void>; since: number } {
    const running = loads.get(model.model);
    if (running !== undefined) return running;
    const { numCtx } = model;
    const done = ask(settings.loadTimeoutMs, stopped, async (signal) => {
      await client(model.model, signal).chat({
        ...settings.extraBody,
        model: model.model,
        messages: [],
        ...(numCtx !== undefined && { options: { num_ctx: numCtx } }),
      });
    }).finally(() => loads.delete(model.model));
    // Whoever waits sees a failed load; when nobody does, the next call meets the same fault.
    done.catch(() => undefined);
    const load = { done, since: performance.now() };
    loads.set(model.model, load);
    return load;
  }

  return {
    async listed(model, signal) {
      try {
        const { models } = await ask(aliveMs(settings), signal, (inner) => client(model.model, inner).ps());
        // Something that is no list does not tell either.
        return (
          !Array.isArray(models) || models.some(({ name: found }) => withTag(found) === withTag(model.model))
        );
      } catch (error) {
        // An answer, though not a list (a gateway, an old version): the call itself will tell.
        if (error instanceof LlmError && error.status !== undefined) return true;
        throw error;
      }
    },

    isLoading: (model) => loads.has(model.model),

    async ready(model, waitMs, signal) {
      const { done, since } = start(model);
      const left = (waitMs ?? settings.loadTimeoutMs) - (performance.now() - since);
      if (left <= 0) throw loading(model);
      await withDeadline(
        signal,
        left,
        () => loading(model),
        () => done,
      );
    },

    async alive(signal) {
      await ask(aliveMs(settings), signal, (inner) => client('', inner).version());
    },
  };
}

const aliveMs = ({ timeoutMs }: ProviderSettings): number => Math.min(timeoutMs, ALIVE_MS);

const withTag = (model: string): string => (model.includes(':') ? model : `${model}:latest`);
