import { randomUUID } from 'node:crypto';
import { Hono } from 'hono';
import { type Answer, pure } from '../http/answer.ts';
import { BadBody, isRecord, type Params, readParams } from '../http/params.ts';
import { carry, type Exchange } from '../mischief/exchange.ts';
import type { MischiefRule } from '../mischief/rule.ts';
import type { PromptMessage } from '../model/conversation.ts';
import type { ModelRequests } from '../model/requests.ts';
import { complete, type OutputFormat } from '../model/rule-model.ts';

class ApiError extends Error {
  readonly status: number;
  readonly type: string;
  constructor(status: number, type: string, message: string) {
    super(message);
    this.status = status;
    this.type = type;
  }
}

interface AnthropicDeps extends Exchange {
  requests: ModelRequests;
  /** Keys that are accepted; without them any. */
  apiKeys?: readonly string[];
}

const MODELS = [
  'claude-sonnet-4-5-20250929',
  'claude-sonnet-4-5',
  'claude-opus-4-6',
  'claude-haiku-4-5-20251001',
];

const wrong = (message: string) => new ApiError(400, 'invalid_request_error', message);

/** The prompt as plain text, checked as far as clients tend to get it wrong. */
function readPrompt(params: Params): PromptMessage[] {
  const { system, messages } = params;
  if (!Array.isArray(messages) || messages.length === 0)
    throw wrong('messages: at least one message is required');
  const said = messages.map((raw, index) => {
    const { role, content } = isRecord(raw) ? raw : {};
    if (role !== 'user' && role !== 'assistant') {
      throw wrong(`messages.${index}.role: Input should be 'user' or 'assistant'`);
    }
    const text = textOf(content);
    if (text === '') throw wrong(`messages.${index}: all messages must have non-empty content`);
    return { role, content: text };
  });
  const instructions = system === undefined ? '' : textOf(system);
  return instructions === '' ? said : [{ role: 'system', content: instructions }, ...said];
}

function textOf(content: unknown): string {
  if (typeof content === 'string') return content;
  if (!Array.isArray(content)) return '';
  return content
    .filter(isRecord)
    .map(({ type, text }) => {
      if (type === 'text' && text === '') throw wrong('text content blocks must be non-empty');
      return type === 'text' && typeof text === 'string' ? text : `[${String(type)}]`;
    })
    .join('\n');
}

/** The tool that must be used, if one is forced. */
function forcedTool({ tools, tool_choice: choice }: Params): { name: string; schema: unknown } | undefined {
  if (!isRecord(choice) || choice.type !== 'tool') return undefined;
  const tool = Array.isArray(tools)
    ? tools.filter(isRecord).find(({ name }) => name === choice.name)
    : undefined;
  if (!tool || !isRecord(tool.input_schema))
    throw wrong(`Tool '${String(choice.name)}' not found in provided tools`);
  return { name: String(tool.name), schema: tool.input_schema };
}

function outputFormat({ output_config: config }: Params): OutputFormat {
  if (!isRecord(config) || config.format === undefined) return { json: false };
  if (!isRecord(config.format) || config.format.type !== 'json_schema' || !isRecord(config.format.schema)) {
    throw wrong('output_config.format: a JSON schema is required');
  }
  return { json: true, schema: config.format.schema };
}

function message(deps: AnthropicDeps, params: Params, fault: MischiefRule | undefined): Answer {
  const { model, max_tokens: limit, temperature, stream } = params;
  if (typeof model !== 'string') throw wrong('model: Field required');
  if (typeof limit !== 'number' || limit < 1) throw wrong('max_tokens: Field required');
  if (typeof temperature === 'number' && (temperature < 0 || temperature > 1)) {
    throw wrong('temperature: Input should be less than or equal to 1');
  }
  if (stream === true) throw wrong('stream: this server answers whole messages only');
  if (!MODELS.includes(model)) throw new ApiError(404, 'not_found_error', `model: ${model}`);
  const messages = readPrompt(params);
  const tool = forcedTool(params);
  const format: OutputFormat = tool ? { json: true, schema: tool.schema } : outputFormat(params);
  const completion = complete({ messages, format, maxTokens: limit, ...(fault && { fault }) });
  deps.requests.add({
    service: 'anthropic',
    operation: 'chat',
    model,
    messages,
    stream: false,
    answer: completion.text,
    ...(format.json && { format: format.schema }),
  });
  if (fault?.kind === 'error_in_body') {
    return { status: 200, json: errorBody('api_error', fault.message ?? 'Internal server error') };
  }
  const input = tool === undefined ? undefined : parse(completion.text);
  const content =
    tool !== undefined && isRecord(input)
      ? [{ type: 'tool_use', id: `toolu_${randomUUID()}`, name: tool.name, input }]
      : completion.text === ''
        ? []
        : [{ type: 'text', text: completion.text }];
  const whole = tool !== undefined && isRecord(input) ? 'tool_use' : 'end_turn';
  return {
    status: 200,
    json: {
      id: `msg_${randomUUID()}`,
      type: 'message',
      role: 'assistant',
      model,
      content,
      stop_reason: completion.finish === 'length' ? 'max_tokens' : whole,
      stop_sequence: null,
      usage: { input_tokens: completion.promptTokens, output_tokens: completion.outputTokens },
    },
  };
}

const errorBody = (type: string, text: string) => ({
  type: 'error',
  error: { type, message: text },
  request_id: `req_${randomUUID()}`,
});

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Anthropic's Messages API. */
export function anthropicApp(deps: AnthropicDeps): Hono {
  const app = new Hono();

  app.all('*', async (c) => {
    const path = new URL(c.req.url).pathname;
    let params: Params;
    try {
      params = await readParams(c);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      return c.json(errorBody('invalid_request_error', 'The request body is not valid JSON.'), 400);
    }
    const model = typeof params.model === 'string' ? params.model : undefined;
    const call = {
      service: 'anthropic' as const,
      method: path.replace(/^\/v1\//, ''),
      path,
      params,
      ...(model !== undefined && { model }),
    };

    const answer = (fault: MischiefRule | undefined): Answer => {
      const key =
        c.req.header('x-api-key') ?? /^Bearer\s+(\S+)$/i.exec(c.req.header('authorization') ?? '')?.[1];
      if (!key || (deps.apiKeys && !deps.apiKeys.includes(key))) {
        throw new ApiError(401, 'authentication_error', 'invalid x-api-key');
      }
      if (c.req.header('anthropic-version') === undefined)
        throw wrong('anthropic-version: header is required');
      if (c.req.method === 'POST' && path === '/v1/messages') return message(deps, params, fault);
      throw new ApiError(404, 'not_found_error', 'Not found');
    };

    return carry(c, deps, call, ({ fault }) => {
      try {
        return pure(answer(fault));
      } catch (error) {
        if (!(error instanceof ApiError)) throw error;
        return pure({ status: error.status, json: errorBody(error.type, error.message) });
      }
    });
  });

  return app;
}
