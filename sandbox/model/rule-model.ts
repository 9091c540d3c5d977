import type { MischiefRule } from '../mischief/rule.ts';
import { type PromptMessage, readConversation } from './conversation.ts';
import { countTokens } from './embed.ts';
import { fillSchema, schemaInPrompt } from './schema.ts';
import { freeText } from './text.ts';

/** How the answer has to look. `schema` undefined with `json` true: any JSON object. */
export interface OutputFormat {
  json: boolean;
  schema?: unknown;
}

export interface Completion {
  text: string;
  /** `length`: the limit was reached and the text is cut. */
  finish: 'stop' | 'length';
  promptTokens: number;
  outputTokens: number;
}

export interface ModelRequest {
  messages: PromptMessage[];
  format: OutputFormat;
  /** Most tokens to produce; counted roughly. */
  maxTokens?: number;
  fault?: MischiefRule;
}

const GARBAGE = 'лорем ипсум ]]} <|im_end|> 0x00 {"oops": … ყ漢字 )) nil nil nil';
let nonsenseTurns = 0;

function compose({ messages, format, fault }: ModelRequest): string {
  if (fault?.kind === 'say') return fault.text;
  if (fault?.kind === 'nonsense') {
    return format.json && nonsenseTurns++ % 2 === 1 ? '{"banana":["not","what","was","asked"]}' : GARBAGE;
  }
  const conversation = readConversation(messages);
  if (!format.json) return freeText(conversation);
  const prompt = messages.map(({ content }) => content).join('\n');
  const schema = format.schema ?? schemaInPrompt(prompt);
  return JSON.stringify(
    schema === undefined ? { text: freeText(conversation) } : fillSchema(schema, conversation),
  );
}

/** Answers by rules: the same request gets the same answer. */
export function complete(request: ModelRequest): Completion {
  const whole = compose(request);
  const { fault, maxTokens } = request;
  const byTokens = maxTokens !== undefined && maxTokens >= 0 ? maxTokens * 4 : Number.POSITIVE_INFINITY;
  const byFault = fault?.kind === 'cut_output' ? (fault.chars ?? Math.floor(whole.length / 2)) : byTokens;
  const text = whole.slice(0, Math.min(byTokens, byFault));
  return {
    text,
    finish: text.length < whole.length ? 'length' : 'stop',
    promptTokens: request.messages.reduce((sum, { content }) => sum + countTokens(content), 0),
    outputTokens: countTokens(text),
  };
}

/** Cuts a text into pieces of about `size` characters, never inside a surrogate pair. */
export function pieces(text: string, size = 24): string[] {
  const all = [...text];
  const cut: string[] = [];
  for (let at = 0; at < all.length; at += size) cut.push(all.slice(at, at + size).join(''));
  return cut;
}
