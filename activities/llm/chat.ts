import type { AnswerSchema, ChatRequest, ProviderAnswer, ProviderRequest } from './contract.ts';
import { LlmError } from './errors.ts';
import { withoutThinking } from './json.ts';
import { repairMessages, toJsonSchema, validate } from './structured.ts';

/** An answer and what became of checking it. */
export interface Judged<T> extends ProviderAnswer {
  value?: T;
  /** Why it cannot be used, without quoting it. */
  invalid?: string;
  /** What to tell the model, when telling it may help. */
  forModel?: string;
}

/** The request as providers take it. */
export function toProviderRequest<T>(
  { role: _role, then: _then, schema, ...rest }: ChatRequest<T>,
  correlationId: string,
): ProviderRequest {
  if (schema === undefined) return { ...rest, correlationId };
  return { ...rest, correlationId, schema: { name: schema.name, json: toJsonSchema(schema.schema) } };
}

function judge<T>(raw: ProviderAnswer, schema: AnswerSchema<T> | undefined): Judged<T> {
  const answer = { ...raw, text: withoutThinking(raw.text) };
  if (schema === undefined)
    return answer.text === '' ? { ...answer, invalid: 'the answer is empty' } : answer;
  const checked = validate(schema, answer);
  if (checked.ok) return { ...answer, value: checked.value };
  return { ...answer, invalid: checked.forLog, forModel: checked.forModel };
}

/**
 * Asks one model and, if its answer does not fit the schema, once more with the fault shown.
 * `send` makes one recorded call.
 * @throws LlmError of kind `invalid` when the answer stays unusable.
 */
export async function askForAnswer<T>(
  provider: string,
  request: ProviderRequest,
  schema: AnswerSchema<T> | undefined,
  send: (request: ProviderRequest, judge: (raw: ProviderAnswer) => Judged<T>) => Promise<Judged<T>>,
): Promise<Judged<T>> {
  const check = (raw: ProviderAnswer): Judged<T> => judge(raw, schema);
  let answer = await send(request, check);
  if (answer.forModel !== undefined) {
    const messages = repairMessages(request.messages, answer.text, answer.forModel);
    answer = await send({ ...request, messages }, check);
  }
  if (answer.invalid === undefined) return answer;
  throw new LlmError({
    provider,
    class: 'refused',
    kind: 'invalid',
    message: `${provider} gave an unusable answer: ${answer.invalid}.`,
  });
}
