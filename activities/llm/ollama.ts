import { Ollama } from 'ollama';
import type { ModelEntry, ProviderSettings } from '../../config/llm.ts';
import { classifyTransport } from './classify.ts';
import type { LlmProvider, ProviderAnswer, ProviderRequest, ProviderVectors } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { createEgress } from './egress.ts';
import { LlmError, timedOut } from './errors.ts';
import { ollamaEndpoint, ollamaFetch } from './ollama-fetch.ts';
import { createLoader } from './ollama-loader.ts';
import { withSchemaInPrompt } from './structured.ts';
import { checkVectors } from './vectors.ts';

/** How long a server that is alive needs at most to say that a model is ready. */
const READY_ANSWER_MS = 2_000;

/**
 * Ollama by its native API, because only that takes `num_ctx`. Answers are streamed: the first
 * byte tells a working model from one that is still loading, and loading has its own limit.
 */
export function createOllamaProvider(name: string, settings: ProviderSettings): LlmProvider {
  const egress = createEgress(settings);
  const endpoint = ollamaEndpoint(settings);
  const stopped = new AbortController();

  // One client per call: the library has no other way to hand over a signal.
  const client = (model: string, signal: AbortSignal, correlationId?: string): Ollama =>
    new Ollama({
      host: endpoint.host,
      headers: { ...endpoint.headers, ...(correlationId && { 'x-correlation-id': correlationId }) },
      fetch: ollamaFetch(egress.fetch, name, model, signal),
    });

  const loader = createLoader({ name, settings, client, stopped: stopped.signal });
  const late = (model: string): LlmError =>
    timedOut(name, `${model} did not finish its answer`, settings.timeoutMs);

  async function answer(
    request: ProviderRequest,
    model: ModelEntry,
    signal: AbortSignal,
    onToken: () => void,
  ): Promise<ProviderAnswer> {
    const { schema } = request;
    const stream = await client(model.model, signal, request.correlationId).chat({
      ...settings.extraBody,
      model: model.model,
      messages: chatMessages(request),
      stream: true,
      // A model that can think does so unless told not to, and the customer waits.
      think: false,
      options: options(request, model, settings),
      ...(schema && settings.structured === 'json_schema' && { format: schema.json }),
      ...(schema && settings.structured === 'json_object' && { format: 'json' }),
    });
    let text = '';
    for await (const part of stream) {
      onToken();
      text += part.message.content;
      if (!part.done) continue;
      if (part.done_reason === '' || part.done_reason === 'unload') {
        throw new LlmError({
          provider: name,
          class: 'unavailable',
          message: `${name} lost ${model.model} in the middle of the answer.`,
        });
      }
      return {
        text,
        finish: part.done_reason === 'length' ? 'length' : 'stop',
        usage: { promptTokens: part.prompt_eval_count ?? 0, completionTokens: part.eval_count ?? 0 },
      };
    }
    throw classifyTransport(name, undefined);
  }

  /** Nothing came in time: is the model slow, or was it thrown out and loads again? */
  async function whyLate(model: ModelEntry, signal: AbortSignal, error: LlmError): Promise<LlmError> {
    try {
      await loader.listed(model, signal);
      await loader.ready(model, READY_ANSWER_MS, signal);
      return error;
    } catch (found) {
      signal.throwIfAborted();
      return found instanceof LlmError && found.kind === 'loading' ? found : error;
    }
  }

  return {
    name,
    local: settings.local,

    async chat(request, model, signal) {
      if (!(await loader.listed(model, signal)) || loader.isLoading(model)) {
        await loader.ready(model, request.loadWaitMs, signal);
      }
      let began = false;
      try {
        return await withDeadline(
          signal,
          settings.timeoutMs,
          () => late(model.model),
          (inner) =>
            answer(request, model, inner, () => {
              began = true;
            }),
        );
      } catch (error) {
        signal.throwIfAborted();
        const failure = error instanceof LlmError ? error : classifyTransport(name, error);
        throw failure.kind === 'timeout' && !began ? await whyLate(model, signal, failure) : failure;
      }
    },

    async embed(texts, model, signal, correlationId): Promise<ProviderVectors> {
      const limit = (await loader.listed(model, signal)) ? settings.timeoutMs : settings.loadTimeoutMs;
      try {
        return await withDeadline(
          signal,
          limit,
          () => late(model.model),
          async (inner) => {
            const { numCtx } = model;
            const found = await client(model.model, inner, correlationId).embed({
              ...settings.extraBody,
              model: model.model,
              input: texts,
              ...(numCtx !== undefined && { options: { num_ctx: numCtx } }),
            });
            checkVectors(name, found.embeddings, texts.length, model.dimensions);
            return {
              vectors: found.embeddings,
              usage: { promptTokens: found.prompt_eval_count ?? 0, completionTokens: 0 },
            };
          },
        );
      } catch (error) {
        signal.throwIfAborted();
        throw error instanceof LlmError ? error : classifyTransport(name, error);
      }
    },

    async warmUp(model, signal) {
      await loader.ready(model, undefined, signal);
    },

    async probe(signal) {
      await loader.alive(signal);
    },

    async close() {
      stopped.abort(new Error('closed'));
      await egress.close();
    },
  };
}

function chatMessages({ messages, schema, images }: ProviderRequest) {
  const told = schema === undefined ? messages : withSchemaInPrompt(messages, schema.json);
  const lastUser = told.findLastIndex(({ role }) => role === 'user');
  return told.map((message, index) => ({
    ...message,
    // Bytes only: a string would be tried as the path of a file on this machine.
    ...(index === lastUser && images && { images: images.map(({ data }) => data) }),
  }));
}

function options(request: ProviderRequest, model: ModelEntry, settings: ProviderSettings) {
  const temperature = model.temperature ?? request.temperature ?? settings.temperature;
  const maxTokens = request.maxTokens ?? model.maxTokens;
  return {
    ...(model.numCtx !== undefined && { num_ctx: model.numCtx }),
    ...(maxTokens !== undefined && { num_predict: maxTokens }),
    ...(typeof temperature === 'number' && { temperature }),
  };
}
