import { z } from 'zod';
import type { ModelEntry, ProviderSettings } from '../../config/llm.ts';
import type { Finish, ProviderAnswer, ProviderRequest } from './contract.ts';
import { LlmError } from './errors.ts';
import { isStrict, withSchemaInPrompt } from './structured.ts';

/** The API wants a limit; this one is longer than any message to a customer. */
const DEFAULT_MAX_TOKENS = 4_096;

type Block = Record<string, unknown>;
interface Turn {
  role: 'user' | 'assistant';
  content: Block[];
}

/** The body of `POST /v1/messages` for a request. */
export function messageBody(
  request: ProviderRequest,
  model: ModelEntry,
  settings: Pick<ProviderSettings, 'temperature' | 'structured' | 'extraBody'>,
): Record<string, unknown> {
  const { schema } = request;
  const way = schema === undefined ? {} : structured(schema, settings.structured);
  const inPrompt = schema !== undefined && Object.keys(way).length === 0;
  const messages = inPrompt ? withSchemaInPrompt(request.messages, schema.json) : request.messages;
  const system = messages.flatMap(({ role, content }) => (role === 'system' ? [content] : [])).join('\n\n');
  const temperature = model.temperature ?? request.temperature ?? settings.temperature;
  return {
    model: model.model,
    max_tokens: request.maxTokens ?? model.maxTokens ?? DEFAULT_MAX_TOKENS,
    ...(system !== '' && { system }),
    messages: turns({ ...request, messages }),
    ...(typeof temperature === 'number' && { temperature: Math.min(1, temperature) }),
    ...way,
    ...settings.extraBody,
  };
}

/** A tool that the model has to use takes any schema; `output_config` takes closed ones only. */
function structured(
  { name, json }: NonNullable<ProviderRequest['schema']>,
  way: ProviderSettings['structured'],
): Record<string, unknown> {
  if (way === 'tool') {
    return {
      tools: [{ name, description: 'Takes the answer.', input_schema: json }],
      tool_choice: { type: 'tool', name },
    };
  }
  if (way === 'json_schema' && isStrict(json)) {
    return { output_config: { format: { type: 'json_schema', schema: json } } };
  }
  return {};
}

/**
 * Messages as the API takes them: no system message, nothing empty, the customer first, and one turn for
 * what one side said in a row.
 */
function turns({ messages, images = [] }: ProviderRequest): Turn[] {
  const said: Turn[] = [];
  for (const { role, content } of messages) {
    if (role === 'system' || content.trim() === '') continue;
    const block = { type: 'text', text: content };
    const last = said.at(-1);
    if (last?.role === role) last.content.push(block);
    else said.push({ role, content: [block] });
  }
  if (said[0]?.role !== 'user') {
    said.unshift({ role: 'user', content: [{ type: 'text', text: '[earlier messages are left out]' }] });
  }
  const lastUser = said.findLast(({ role }) => role === 'user');
  lastUser?.content.push(
    ...images.map(({ data, mediaType }) => ({
      type: 'image',
      source: { type: 'base64', media_type: mediaType, data: Buffer.from(data).toString('base64') },
    })),
  );
  return said;
}

const Count = z.number().nonnegative().catch(0);

/** The least that an answer must have. */
const Message = z.object({
  type: z.literal('message'),
  content: z.array(
    z.union([
      z.object({ type: z.literal('text'), text: z.string() }),
      z.object({ type: z.literal('tool_use'), input: z.unknown() }),
      // Thoughts, and what will be added later.
      z.object({ type: z.string() }),
    ]),
  ),
  stop_reason: z.string().nullish(),
  usage: z
    .object({
      input_tokens: Count,
      output_tokens: Count,
      cache_creation_input_tokens: Count.nullish(),
      cache_read_input_tokens: Count.nullish(),
    })
    .catch({ input_tokens: 0, output_tokens: 0 }),
});

/**
 * The answer in a response body; undefined when it is none. The input of a tool is the JSON asked for.
 * @throws LlmError when the model refused.
 */
export function readMessage(provider: string, body: unknown): ProviderAnswer | undefined {
  const parsed = Message.safeParse(body);
  if (!parsed.success) return undefined;
  const { content, stop_reason: reason, usage } = parsed.data;
  if (reason === 'refusal') {
    throw new LlmError({ provider, class: 'refused', message: `${provider} refused the content (refusal).` });
  }
  const tool = content.find((block) => 'input' in block);
  const text = content.map((block) => ('text' in block ? block.text : '')).join('');
  return {
    text: tool !== undefined && 'input' in tool ? JSON.stringify(tool.input) : text,
    finish: finishOf(reason),
    usage: {
      promptTokens:
        usage.input_tokens + (usage.cache_creation_input_tokens ?? 0) + (usage.cache_read_input_tokens ?? 0),
      completionTokens: usage.output_tokens,
    },
  };
}

const finishOf = (reason: string | null | undefined): Finish =>
  reason === 'max_tokens' || reason === 'model_context_window_exceeded' ? 'length' : 'stop';
