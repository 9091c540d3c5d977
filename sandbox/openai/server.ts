import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { type Answer, pure } from '../http/answer.ts';
import { BadBody, isRecord, type Params, readParams } from '../http/params.ts';
import { carry, type Exchange } from '../mischief/exchange.ts';
import type { MischiefRule } from '../mischief/rule.ts';
import { countTokens, embed } from '../model/embed.ts';
import type { ModelRequests } from '../model/requests.ts';
import { complete, type OutputFormat, pieces } from '../model/rule-model.ts';
import { FLAVOURS, type Flavour } from './flavours.ts';
import { readMessages } from './messages.ts';

class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly type: string;
  constructor(status: number, message: string, code: string, type = 'invalid_request_error') {
    super(message);
    this.status = status;
    this.code = code;
    this.type = type;
  }
}

interface OpenAiDeps extends Exchange {
  requests: ModelRequests;
  /** Keys that are accepted; without them any. */
  apiKeys?: readonly string[];
}

function outputFormat(flavour: Flavour, raw: unknown): OutputFormat {
  if (raw === undefined || raw === null) return { json: false };
  const type = isRecord(raw) ? raw.type : undefined;
  if (type === 'text') return { json: false };
  if (type === 'json_object') return { json: true };
  if (type === 'json_schema' && isRecord(raw) && flavour.jsonSchema) {
    const wrapper = raw.json_schema;
    if (!isRecord(wrapper) || !isRecord(wrapper.schema)) {
      throw new ApiError(
        400,
        "Missing required parameter: 'response_format.json_schema.schema'.",
        'missing_required_parameter',
      );
    }
    if (typeof wrapper.name !== 'string' || !/^[A-Za-z0-9_-]{1,64}$/.test(wrapper.name)) {
      throw new ApiError(400, "Invalid 'response_format.json_schema.name'.", 'invalid_value');
    }
    return { json: true, schema: wrapper.schema };
  }
  throw new ApiError(400, `Invalid value for 'response_format.type': ${String(type)}.`, 'invalid_request');
}

function checkModel(flavour: Flavour, params: Params): string {
  const { model } = params;
  if (typeof model !== 'string' || model === '')
    throw new ApiError(400, 'you must provide a model parameter', 'invalid_request');
  if (!flavour.anyModel && !flavour.models.includes(model)) {
    throw new ApiError(
      flavour.name === 'glm' ? 400 : 404,
      `The model \`${model}\` does not exist or you do not have access to it.`,
      'model_not_found',
    );
  }
  return model;
}

function chat(deps: OpenAiDeps, flavour: Flavour, params: Params, fault: MischiefRule | undefined): Answer {
  const model = checkModel(flavour, params);
  const messages = readMessages(params.messages);
  const onlyInstructions = messages.every(({ role }) => role === 'system' || role === 'assistant');
  if (messages.length === 0 || (flavour.name === 'glm' && onlyInstructions)) {
    throw new ApiError(400, "Invalid 'messages': expected at least one user message.", 'missing_messages');
  }
  if (flavour.name === 'groq') {
    for (const name of ['logprobs', 'logit_bias', 'top_logprobs']) {
      if (params[name] !== undefined)
        throw new ApiError(400, `property '${name}' is unsupported`, 'unsupported_parameter');
    }
  }
  const format = outputFormat(flavour, params.response_format);
  const limit = [params.max_completion_tokens, params.max_tokens].find((value) => typeof value === 'number');
  const completion = complete({
    messages,
    format,
    ...(typeof limit === 'number' && { maxTokens: limit }),
    ...(fault && { fault }),
  });
  const stream = params.stream === true;
  deps.requests.add({
    service: 'openai',
    operation: 'chat',
    flavour: flavour.name,
    model,
    messages,
    stream,
    answer: completion.text,
    ...(params.response_format !== undefined && {
      format: format.schema ?? (format.json ? 'json_object' : 'text'),
    }),
  });
  const thinks =
    flavour.name === 'glm' && !(isRecord(params.thinking) && params.thinking.type === 'disabled');
  const extra = thinks ? { reasoning_content: 'The rules leave one answer.' } : {};
  const created = Math.floor(Date.now() / 1000);
  const id = `chatcmpl-${randomUUID()}`;
  const usage = {
    prompt_tokens: completion.promptTokens,
    completion_tokens: completion.outputTokens,
    total_tokens: completion.promptTokens + completion.outputTokens,
  };
  const more = flavour.name === 'glm' ? { request_id: id } : {};
  const failure = {
    error: { code: 502, message: (fault?.kind === 'error_in_body' && fault.message) || 'Upstream error' },
  };
  if (!stream) {
    if (fault?.kind === 'error_in_body') return { status: 200, json: failure };
    const message = { role: 'assistant', content: completion.text, refusal: null, ...extra };
    return {
      status: 200,
      json: {
        id,
        object: 'chat.completion',
        created,
        model,
        choices: [{ index: 0, message, logprobs: null, finish_reason: completion.finish }],
        usage,
        ...more,
      },
    };
  }
  const chunk = (delta: unknown, finish: string | null = null) =>
    event({
      id,
      object: 'chat.completion.chunk',
      created,
      model,
      choices: [{ index: 0, delta, finish_reason: finish }],
      ...more,
    });
  const begun = [chunk({ role: 'assistant', content: '', ...extra })];
  const parts =
    fault?.kind === 'error_in_body'
      ? [...begun, event(failure)]
      : [
          ...begun,
          ...pieces(completion.text).map((content) => chunk({ content })),
          chunk({}, completion.finish),
          ...(isRecord(params.stream_options) && params.stream_options.include_usage === true
            ? [event({ id, object: 'chat.completion.chunk', created, model, choices: [], usage })]
            : []),
          'data: [DONE]\n\n',
        ];
  return { status: 200, stream: { contentType: 'text/event-stream', parts } };
}

function event(data: unknown): string {
  return `data: ${JSON.stringify(data)}\n\n`;
}

function embeddings(deps: OpenAiDeps, flavour: Flavour, params: Params): Answer {
  const model = checkModel(flavour, params);
  const texts = typeof params.input === 'string' ? [params.input] : params.input;
  if (
    !Array.isArray(texts) ||
    texts.length === 0 ||
    !texts.every((text) => typeof text === 'string' && text !== '')
  ) {
    throw new ApiError(400, "'$.input' is invalid.", 'invalid_request');
  }
  const usual = { 'text-embedding-3-large': 3072, 'embedding-3': 2048, 'embedding-2': 1024 }[model] ?? 1536;
  const dimensions = typeof params.dimensions === 'number' ? params.dimensions : usual;
  const base64 = params.encoding_format === 'base64';
  const tokens = texts.reduce((sum, text) => sum + countTokens(text), 0);
  deps.requests.add({
    service: 'openai',
    operation: 'embed',
    flavour: flavour.name,
    model,
    stream: false,
    messages: texts.map((content) => ({ role: 'user', content })),
  });
  const data = texts.map((text, index) => {
    const vector = embed(text, dimensions);
    return {
      object: 'embedding',
      index,
      embedding: base64 ? Buffer.from(new Float32Array(vector).buffer).toString('base64') : vector,
    };
  });
  return {
    status: 200,
    json: { object: 'list', model, data, usage: { prompt_tokens: tokens, total_tokens: tokens } },
  };
}

/** OpenAI-compatible servers, one per provider under its own path prefix. */
export function openAiApp(deps: OpenAiDeps): Hono {
  const app = new Hono();

  app.all('*', async (c) => {
    const path = new URL(c.req.url).pathname;
    const flavour = FLAVOURS.find(({ prefix }) => path.startsWith(`${prefix}/`));
    if (!flavour)
      return c.json(
        {
          error: { message: `Unknown path ${path}`, type: 'invalid_request_error', param: null, code: null },
        },
        404,
      );
    const operation = path.slice(flavour.prefix.length + 1);
    let params: Params;
    try {
      params = await readParams(c);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      return c.json(
        flavour.error(
          400,
          'We could not parse the JSON body of your request.',
          'invalid_request',
          'invalid_request_error',
        ) as object,
        400,
      );
    }
    const model = typeof params.model === 'string' ? params.model : undefined;
    const call = {
      service: 'openai' as const,
      method: operation,
      path,
      params,
      ...(model !== undefined && { model }),
    };
    const key = /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];

    const answer = (fault: MischiefRule | undefined): Answer => {
      if (key === undefined || (deps.apiKeys && !deps.apiKeys.includes(key))) {
        throw new ApiError(401, 'Incorrect API key provided.', 'invalid_api_key');
      }
      if (operation === 'models' && c.req.method === 'GET') {
        const data = flavour.models.map((id) => ({
          id,
          object: 'model',
          created: 1_790_000_000,
          owned_by: flavour.name,
        }));
        return { status: 200, json: { object: 'list', data } };
      }
      if (c.req.method === 'POST' && operation === 'chat/completions')
        return chat(deps, flavour, params, fault);
      if (c.req.method === 'POST' && operation === 'embeddings' && flavour.embeddings)
        return embeddings(deps, flavour, params);
      throw new ApiError(404, `Unknown request URL: ${c.req.method} ${path}.`, 'unknown_url');
    };

    return carry(c, deps, call, ({ fault }) => {
      try {
        return pure(answer(fault));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        const { status, message, code, type } = error;
        return pure({ status, json: flavour.error(status, message, code, type) });
      }
    });
  });

  return app;
}
