import { z } from 'zod';
import type { AnswerSchema, ChatMessage, ProviderAnswer } from './contract.ts';
import { jsonCandidates } from './json.ts';

type JsonSchema = Record<string, unknown>;

/** JSON Schema of what the model is to write. Objects are closed; transforms show their input. */
export function toJsonSchema(schema: z.ZodType): JsonSchema {
  const { $schema: _draft, ...json } = z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.properties !== undefined) jsonSchema.additionalProperties ??= false;
    },
  });
  return json;
}

/** Keywords that OpenAI's strict mode takes in every model; any other one may be answered with 400. */
const STRICT_KEYWORDS = new Set([
  'type',
  'properties',
  'required',
  'additionalProperties',
  'items',
  'enum',
  'const',
  'anyOf',
  'description',
  'title',
]);

/** True if the schema keeps to strict mode: closed objects with every property required. */
export function isStrict(schema: unknown): boolean {
  if (typeof schema !== 'object' || schema === null) return false;
  const node = schema as JsonSchema;
  if (Object.keys(node).some((key) => !STRICT_KEYWORDS.has(key))) return false;
  if (Object.keys(node).length === 0) return false;
  if (node.properties !== undefined) {
    const properties = node.properties as JsonSchema;
    const required = new Set(Array.isArray(node.required) ? node.required : []);
    if (node.additionalProperties !== false) return false;
    if (Object.keys(properties).some((key) => !required.has(key))) return false;
    if (!Object.values(properties).every(isStrict)) return false;
  } else if (node.type === 'object') return false;
  if (node.items !== undefined && !isStrict(node.items)) return false;
  return !Array.isArray(node.anyOf) || node.anyOf.every(isStrict);
}

/** Tells the model the schema: even a constrained decoder does not know what the fields mean. */
export function withSchemaInPrompt(messages: ChatMessage[], json: JsonSchema): ChatMessage[] {
  const rule = `Answer with one JSON value and nothing else: no explanation, no code fence. It must match this JSON Schema:\n${JSON.stringify(json)}`;
  const [first, ...rest] = messages;
  if (first?.role === 'system') return [{ ...first, content: `${first.content}\n\n${rule}` }, ...rest];
  return [{ role: 'system', content: rule }, ...messages];
}

export type Validation<T> =
  | { ok: true; value: T }
  /** `forModel` may quote the answer; `forLog` holds paths and codes only. */
  | { ok: false; forModel: string; forLog: string };

const MAX_ISSUES = 10;

/** Checks an answer against the schema; a null where a field is optional counts as absent. */
export function validate<T>({ schema }: AnswerSchema<T>, answer: ProviderAnswer): Validation<T> {
  if (answer.finish === 'length') {
    return {
      ok: false,
      forModel: 'The answer was too long and was cut off. Answer again, shorter.',
      forLog: 'the answer was cut at the token limit',
    };
  }
  let firstError: z.ZodError | undefined;
  for (const candidate of jsonCandidates(answer.text)) {
    const parsed = schema.safeParse(candidate);
    if (parsed.success) return { ok: true, value: parsed.data };
    const bare = schema.safeParse(withoutNulls(candidate));
    if (bare.success) return { ok: true, value: bare.data };
    firstError ??= parsed.error;
  }
  if (firstError === undefined) {
    return { ok: false, forModel: 'The answer is not valid JSON.', forLog: 'the answer is not JSON' };
  }
  const issues = firstError.issues.slice(0, MAX_ISSUES);
  return {
    ok: false,
    forModel: issues.map(({ path, message }) => `${path.join('.') || 'answer'}: ${message}`).join('\n'),
    forLog: `the answer does not match the schema: ${issues.map(issueForLog).join(', ')}`,
  };
}

/** A record's keys are the model's words, so a path shows only what looks like a field's name. */
function issueForLog({ path, code }: z.core.$ZodIssue): string {
  const place = path.map((part) => (/^\w{1,40}$/.test(String(part)) ? String(part) : '?')).join('.');
  return `${place || 'answer'} ${code}`;
}

function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}

const MAX_QUOTE = 4_000;

/** The one repair attempt: the model sees its own answer and what is wrong with it. */
export function repairMessages(messages: ChatMessage[], answer: string, fault: string): ChatMessage[] {
  const quote = answer.slice(0, MAX_QUOTE);
  return [
    ...messages,
    ...(quote.trim() === '' ? [] : [{ role: 'assistant' as const, content: quote }]),
    {
      role: 'user',
      content: `That answer cannot be used:\n${fault}\nAnswer again with only the corrected JSON.`,
    },
  ];
}
