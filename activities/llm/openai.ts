import type { BaseMessage } from '@langchain/core/messages';
import type { ModelEntry, ProviderSettings } from '../../config/llm.ts';
import { classifyTransport } from './classify.ts';
import type { LlmProvider, ProviderRequest } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { createEgress } from './egress.ts';
import { LlmError, timedOut } from './errors.ts';
import { createExchange, type Exchange } from './openai-exchange.ts';
import { isStrict, withSchemaInPrompt } from './structured.ts';
import { checkVectors } from './vectors.ts';

/** GLM takes 64 texts per call; the others take more, but gain little by it. */
const EMBED_BATCH = 64;

/** Loaded with the first call: it takes a second, which a worker that starts again does not have. */
const library = () => import('@langchain/openai');
const messageTypes = () => import('@langchain/core/messages');

/** Every server compatible with OpenAI's chat completions: OpenAI, GLM, OpenRouter, Groq, vLLM. */
export function createOpenAiProvider(name: string, settings: ProviderSettings): LlmProvider {
  const egress = createEgress(settings);

  /** Runs one call under the provider's time limit; what the exchange saw beats what the library made of it. */
  async function call<T>(
    model: ModelEntry,
    signal: AbortSignal,
    work: (exchange: Exchange, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    let exchange: Exchange | undefined;
    try {
      return await withDeadline(
        signal,
        settings.timeoutMs,
        () => timedOut(name, `${model.model} did not finish its answer`, settings.timeoutMs),
        (inner) => {
          exchange = createExchange(egress.fetch, name, settings.flavour, inner);
          return work(exchange, inner);
        },
      );
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof LlmError) throw error;
      throw exchange?.failure() ?? classifyTransport(name, error);
    }
  }

  /** Everything that the library would otherwise read from the environment is given here. */
  const connection = (exchange: Exchange, correlationId?: string) => ({
    apiKey: settings.apiKey ?? 'none',
    maxRetries: 0,
    timeout: settings.timeoutMs,
    configuration: {
      baseURL: settings.baseUrl,
      organization: null,
      project: null,
      fetch: exchange.fetch,
      defaultHeaders: { ...(correlationId && { 'x-correlation-id': correlationId }) },
    },
  });

  return {
    name,
    local: settings.local,

    chat: (request, model, signal) =>
      call(model, signal, async (exchange, inner) => {
        const temperature = model.temperature ?? request.temperature ?? settings.temperature;
        // The class for completions by name: `ChatOpenAI` sends some models to another endpoint,
        // which compatible servers do not have.
        const { ChatOpenAICompletions } = await library();
        const chat = new ChatOpenAICompletions({
          ...connection(exchange, request.correlationId),
          model: model.model,
          streaming: false,
          streamUsage: false,
          ...(typeof temperature === 'number' && { temperature }),
          maxTokens: request.maxTokens ?? model.maxTokens,
          modelKwargs: {
            ...flavourBody(settings.flavour),
            ...settings.extraBody,
          },
        });
        // Told of a JSON Schema, the library parses the answer itself and throws, with the answer
        // in the error, where the model could still be asked to repair it.
        exchange.addToBody(responseFormat(request, settings));
        const answer = await chat.invoke(await chatMessages(request, settings), { signal: inner });
        return { text: answer.text, usage: exchange.usage(), finish: exchange.finish() };
      }),

    embed: (texts, model, signal, correlationId) =>
      call(model, signal, async (exchange) => {
        const { OpenAIEmbeddings } = await library();
        const embeddings = new OpenAIEmbeddings({
          ...connection(exchange, correlationId),
          model: model.model,
          batchSize: EMBED_BATCH,
          stripNewLines: false,
          // Base64, the library's choice, is misread when a server answers with plain numbers.
          encodingFormat: 'float',
          ...(model.dimensions !== undefined &&
            /^(text-embedding-3|embedding-3)/.test(model.model) && { dimensions: model.dimensions }),
        });
        const vectors = await embeddings.embedDocuments(texts);
        checkVectors(name, vectors, texts.length, model.dimensions);
        return { vectors, usage: exchange.usage() };
      }),

    close: () => egress.close(),
  };
}

/** Models that think by default are told not to: the customer waits. `extraBody` can undo it. */
function flavourBody(flavour: ProviderSettings['flavour']): Record<string, unknown> {
  if (flavour === 'glm') return { thinking: { type: 'disabled' } };
  if (flavour === 'vllm') return { chat_template_kwargs: { enable_thinking: false } };
  return {};
}

function responseFormat(
  { schema }: ProviderRequest,
  { structured }: ProviderSettings,
): Record<string, unknown> {
  if (schema === undefined || structured === 'prompt') return {};
  if (structured === 'json_object') return { response_format: { type: 'json_object' } };
  const { name, json } = schema;
  return {
    response_format: { type: 'json_schema', json_schema: { name, schema: json, strict: isStrict(json) } },
  };
}

async function chatMessages(
  request: ProviderRequest,
  { structured }: ProviderSettings,
): Promise<BaseMessage[]> {
  const { AIMessage, HumanMessage, SystemMessage } = await messageTypes();
  const { schema, images = [] } = request;
  const enforced = schema !== undefined && structured === 'json_schema' && isStrict(schema.json);
  const messages =
    schema === undefined || enforced ? request.messages : withSchemaInPrompt(request.messages, schema.json);
  const lastUser = messages.findLastIndex(({ role }) => role === 'user');
  return messages.map(({ role, content }, index) => {
    if (role === 'system') return new SystemMessage(content);
    if (role === 'assistant') return new AIMessage(content);
    if (index !== lastUser || images.length === 0) return new HumanMessage(content);
    return new HumanMessage({
      content: [
        { type: 'text', text: content },
        ...images.map(({ data, mediaType }) => ({
          type: 'image_url',
          image_url: { url: `data:${mediaType};base64,${Buffer.from(data).toString('base64')}` },
        })),
      ],
    });
  });
}
