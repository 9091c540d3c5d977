import { Hono } from 'hono';
import { pure } from '../http/answer.ts';
import { BadBody, isRecord, type Params, readParams } from '../http/params.ts';
import { carry, type Exchange, type Plan } from '../mischief/exchange.ts';
import { countTokens, embed } from '../model/embed.ts';
import type { ModelRequests } from '../model/requests.ts';
import { complete, type OutputFormat, pieces } from '../model/rule-model.ts';
import { readMessages } from '../openai/messages.ts';
import { chatLines, final, generateLines } from './lines.ts';
import type { InstalledModel, ModelShelf } from './models.ts';

class OllamaError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

interface OllamaDeps extends Exchange {
  models: ModelShelf;
  requests: ModelRequests;
  version: string;
}

function outputFormat(format: unknown): OutputFormat {
  if (format === undefined || format === null || format === '') return { json: false };
  if (format === 'json') return { json: true };
  if (isRecord(format)) return { json: true, schema: format };
  throw new OllamaError(400, 'invalid format: expected "json" or a JSON schema');
}

function maxTokens(options: unknown): number | undefined {
  const limit = isRecord(options) ? options.num_predict : undefined;
  return typeof limit === 'number' && limit >= 0 ? limit : undefined;
}

/** The native API of an Ollama server whose models answer by rules. */
export function ollamaApp(deps: OllamaDeps): Hono {
  const { models, requests } = deps;
  const app = new Hono();

  const wanted = (params: Params): InstalledModel => {
    const name = params.model ?? params.name;
    if (typeof name !== 'string' || name === '') throw new OllamaError(400, 'model is required');
    const model = models.find(name);
    if (!model) throw new OllamaError(404, `model '${name}' not found`);
    return model;
  };

  const talk =
    (operation: 'chat' | 'generate', params: Params): Plan =>
    async ({ fault, gone }) => {
      const model = wanted(params);
      if (model.capabilities.includes('embedding'))
        throw new OllamaError(400, `"${model.name}" does not support ${operation}`);
      const thinks = model.capabilities.includes('thinking');
      if (params.think && !thinks) throw new OllamaError(400, `"${model.name}" does not support thinking`);
      const messages =
        operation === 'chat'
          ? readMessages(params.messages)
          : [
              ...(params.system ? [{ role: 'system', content: String(params.system) }] : []),
              ...(params.prompt ? [{ role: 'user', content: String(params.prompt) }] : []),
            ];
      const stream = params.stream !== false;
      if (messages.length === 0) {
        const unload = params.keep_alive === 0 || params.keep_alive === '0';
        const loadMs = unload ? models.unload(model) : await models.load(model, params.keep_alive, gone);
        return pure({
          status: 200,
          json: final(operation, model.name, unload ? 'unload' : 'load', loadMs, {
            text: '',
            promptTokens: 0,
            outputTokens: 0,
          }),
        });
      }
      const format = outputFormat(params.format);
      const loadMs = await models.load(model, params.keep_alive, gone);
      const limit = maxTokens(params.options);
      const completion = complete({
        messages,
        format,
        ...(limit !== undefined && { maxTokens: limit }),
        ...(fault && { fault }),
      });
      requests.add({
        service: 'ollama',
        operation,
        model: model.name,
        messages,
        stream,
        answer: completion.text,
        ...(params.format !== undefined && { format: params.format }),
        ...(params.options !== undefined && { options: params.options }),
      });
      // A thinking model thinks unless told not to.
      const thinking = thinks && params.think !== false ? 'The rules leave one answer.' : undefined;
      const done = final(operation, model.name, completion.finish, loadMs, completion);
      if (fault?.kind === 'error_in_body') {
        const error = { error: fault.message ?? 'an error was encountered while running the model' };
        if (!stream) return pure({ status: 200, json: error });
        const begun = (operation === 'chat' ? chatLines : generateLines)(
          model.name,
          pieces(completion.text).slice(0, 1),
          thinking,
        );
        return pure({
          status: 200,
          stream: { contentType: 'application/x-ndjson', parts: [...begun, `${JSON.stringify(error)}\n`] },
        });
      }
      if (stream) {
        const parts = (operation === 'chat' ? chatLines : generateLines)(
          model.name,
          pieces(completion.text),
          thinking,
        );
        return pure({
          status: 200,
          stream: { contentType: 'application/x-ndjson', parts: [...parts, `${JSON.stringify(done)}\n`] },
        });
      }
      const content = { ...(thinking !== undefined && { thinking }) };
      return pure({
        status: 200,
        json:
          operation === 'chat'
            ? { ...done, message: { role: 'assistant', content: completion.text, ...content } }
            : { ...done, response: completion.text, ...content },
      });
    };

  const embedding =
    (params: Params): Plan =>
    async ({ gone }) => {
      const model = wanted(params);
      if (!model.capabilities.includes('embedding'))
        throw new OllamaError(400, `"${model.name}" does not support embeddings`);
      const { input } = params;
      const texts = typeof input === 'string' ? [input] : input;
      if (!Array.isArray(texts) || !texts.every((text) => typeof text === 'string'))
        throw new OllamaError(400, 'invalid input type');
      const loadMs = await models.load(model, params.keep_alive, gone);
      const dimensions = typeof params.dimensions === 'number' ? params.dimensions : model.embeddingLength;
      requests.add({
        service: 'ollama',
        operation: 'embed',
        model: model.name,
        stream: false,
        messages: texts.map((content) => ({ role: 'user', content })),
      });
      return pure({
        status: 200,
        json: {
          model: model.name,
          embeddings: texts.filter((text) => text !== '').map((text) => embed(text, dimensions)),
          total_duration: loadMs * 1e6 + 1_000_000,
          load_duration: loadMs * 1e6,
          prompt_eval_count: texts.reduce((sum, text) => sum + countTokens(text), 0),
        },
      });
    };

  const pull =
    (params: Params): Plan =>
    () => {
      const model = wanted(params);
      const steps = [
        { status: 'pulling manifest' },
        { status: 'verifying sha256 digest', digest: model.digest },
        { status: 'success' },
      ];
      return pure(
        params.stream === false
          ? { status: 200, json: { status: 'success' } }
          : {
              status: 200,
              stream: {
                contentType: 'application/x-ndjson',
                parts: steps.map((step) => `${JSON.stringify(step)}\n`),
              },
            },
      );
    };

  const routes: Record<string, (params: Params) => Plan> = {
    'GET /': () => () => pure({ status: 200, text: 'Ollama is running' }),
    'HEAD /': () => () => pure({ status: 200 }),
    'GET /api/version': () => () => pure({ status: 200, json: { version: deps.version } }),
    'GET /api/tags': () => () => pure({ status: 200, json: { models: models.tags() } }),
    'GET /api/ps': () => () => pure({ status: 200, json: { models: models.loaded() } }),
    'POST /api/show': (params) => () => pure({ status: 200, json: models.show(wanted(params)) }),
    'POST /api/chat': (params) => talk('chat', params),
    'POST /api/generate': (params) => talk('generate', params),
    'POST /api/embed': embedding,
    'POST /api/pull': pull,
  };

  app.all('*', async (c) => {
    const path = new URL(c.req.url).pathname;
    const route = routes[`${c.req.method} ${path}`];
    if (!route) return c.text('404 page not found', 404);
    let params: Params;
    try {
      params = await readParams(c);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      return c.json({ error: 'invalid JSON in the request body' }, 400);
    }
    const model = typeof params.model === 'string' ? params.model : undefined;
    const call = {
      service: 'ollama' as const,
      method: path.replace(/^\/(api\/)?/, '') || 'root',
      path,
      params,
      ...(model !== undefined && { model }),
    };
    return carry(c, deps, call, async (context) => {
      try {
        return await route(params)(context);
      } catch (error) {
        if (error instanceof OllamaError)
          return pure({ status: error.status, json: { error: error.message } });
        throw error;
      }
    });
  });

  return app;
}
