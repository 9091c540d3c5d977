import { isRecord } from '../http/params.ts';
import { chooseFor, topicOf } from './classify.ts';
import type { Conversation } from './conversation.ts';
import { findEmail, findName, findNeed, findPhone } from './extract.ts';
import { languageOf } from './language.ts';
import { freeText } from './text.ts';

type Schema = Record<string, unknown>;

interface Filling {
  conversation: Conversation;
  root: Schema;
}

const NEXT_STEP: Record<string, string> = {
  ru: 'Позвонить клиенту',
  kk: 'Клиентке қоңырау шалу',
  en: 'Call the client',
};

/** What a string property of that name is likely to hold; undefined when nothing was said of it. */
function wordsFor(name: string, conversation: Conversation): string | undefined {
  const key = name.toLowerCase();
  if (/phone|telephone|tel$|mobile/.test(key)) return findPhone(conversation);
  if (/mail/.test(key)) return findEmail(conversation);
  if (/^(name|full_?name|first_?name|customer_?name|client_?name|contact_?name)$/.test(key))
    return findName(conversation);
  if (/need|interest|product|service|wish|request|subject|topic/.test(key)) return findNeed(conversation);
  if (/lang|locale/.test(key)) return languageOf(conversation.last);
  if (/title/.test(key)) return conversation.last.split(/\s+/).slice(0, 6).join(' ') || undefined;
  if (/summary|task|description|details|comment/.test(key))
    return conversation.last.slice(0, 200) || undefined;
  if (/^(text|answer|reply|message|content|response)$/.test(key)) return freeText(conversation);
  if (/question|clarif/.test(key)) return undefined;
  if (/next_?step|next_?action/.test(key)) return NEXT_STEP[languageOf(conversation.last)] ?? NEXT_STEP.en;
  if (/reason|explanation/.test(key)) return `rule: ${topicOf(conversation.last)}`;
  return undefined;
}

function typesOf(schema: Schema): string[] {
  const types = Array.isArray(schema.type) ? schema.type : [schema.type];
  return types.filter((type): type is string => typeof type === 'string');
}

function resolve(schema: unknown, { root }: Filling): Schema {
  if (!isRecord(schema)) return {};
  if (typeof schema.$ref !== 'string') return schema;
  const path = schema.$ref
    .replace(/^#\/?/, '')
    .split('/')
    .filter((part) => part !== '');
  const found = path.reduce<unknown>((node, part) => (isRecord(node) ? node[part] : undefined), root);
  return isRecord(found) ? found : {};
}

function variants(schema: Schema, filling: Filling): Schema[] {
  const list = schema.anyOf ?? schema.oneOf;
  return Array.isArray(list) ? list.map((one) => resolve(one, filling)) : [];
}

function allowsNull(schema: Schema, filling: Filling): boolean {
  return (
    typesOf(schema).includes('null') ||
    schema.const === null ||
    (Array.isArray(schema.enum) && schema.enum.includes(null)) ||
    variants(schema, filling).some((one) => allowsNull(one, filling))
  );
}

function choose(name: string, values: unknown[], { conversation }: Filling): unknown {
  const words = values.filter((value): value is string => typeof value === 'string');
  if (words.length === 0) return values[0];
  const language = languageOf(conversation.last);
  if (words.includes(language) && words.every((word) => /^[a-z]{2}(-[A-Z]{2})?$/.test(word))) return language;
  if (/urgen|prior/i.test(name)) return words.find((word) => /normal|medium/i.test(word)) ?? words[0];
  return chooseFor(topicOf(conversation.last), words);
}

function fill(name: string, raw: unknown, filling: Filling): unknown {
  const schema = resolve(raw, filling);
  if (schema.const !== undefined) return schema.const;
  if (Array.isArray(schema.enum)) return choose(name, schema.enum, filling);
  const options = variants(schema, filling);
  if (options.length > 0) {
    const constants = options.map((one) => one.const).filter((value) => typeof value === 'string');
    if (constants.length === options.length) return choose(name, constants, filling);
    const meaningful = options.find((one) => !typesOf(one).includes('null') || typesOf(one).length > 1);
    const value = fill(name, meaningful, filling);
    return (value === undefined || value === '') && allowsNull(schema, filling) ? null : value;
  }
  if (Array.isArray(schema.allOf)) {
    const merged: Schema = Object.assign({}, ...schema.allOf.map((one) => resolve(one, filling)));
    return fill(name, merged, filling);
  }
  const [type] = typesOf(schema).filter((one) => one !== 'null');
  switch (type ?? (isRecord(schema.properties) ? 'object' : 'string')) {
    case 'object':
      return fillObject(schema, filling);
    case 'array':
      return fillArray(name, schema, filling);
    case 'boolean':
      return false;
    case 'integer':
    case 'number':
      return fillNumber(name, schema, filling);
    case 'null':
      return null;
    default: {
      const words = wordsFor(name, filling.conversation);
      if (words === undefined) return allowsNull(schema, filling) ? null : '';
      return typeof schema.maxLength === 'number' ? words.slice(0, schema.maxLength) : words;
    }
  }
}

function fillObject(schema: Schema, filling: Filling): Record<string, unknown> {
  const properties = isRecord(schema.properties) ? schema.properties : {};
  const required = Array.isArray(schema.required) ? schema.required : [];
  const filled = Object.entries(properties).map(
    ([name, inner]) => [name, fill(name, inner, filling)] as const,
  );
  // An optional property of which nothing is known is left out, as a careful model would.
  return Object.fromEntries(
    filled.filter(([name, value]) => required.includes(name) || (value !== '' && value !== undefined)),
  );
}

function fillArray(name: string, schema: Schema, filling: Filling): unknown[] {
  const least = typeof schema.minItems === 'number' ? schema.minItems : 0;
  return Array.from({ length: least }, () => fill(name, schema.items, filling));
}

function fillNumber(name: string, schema: Schema, { conversation }: Filling): number {
  if (/confiden|probab|certain|score/i.test(name)) {
    const value = topicOf(conversation.last) === 'unknown' ? 0.3 : 0.92;
    return typeof schema.maximum === 'number' && schema.maximum > 1
      ? Math.round(value * schema.maximum)
      : value;
  }
  const lowest = typeof schema.minimum === 'number' ? schema.minimum : 0;
  return Math.max(0, lowest);
}

/** A value that satisfies the schema, filled from what the customer wrote. */
export function fillSchema(schema: unknown, conversation: Conversation): unknown {
  const root = isRecord(schema) ? schema : {};
  return fill('', root, { conversation, root });
}

/** A JSON Schema that stands in the prompt, for wires that carry none; the last balanced object that looks like one. */
export function schemaInPrompt(prompt: string): Schema | undefined {
  for (
    let start = prompt.lastIndexOf('{');
    start >= 0;
    start = start === 0 ? -1 : prompt.lastIndexOf('{', start - 1)
  ) {
    let depth = 0;
    for (let end = start; end < prompt.length; end++) {
      if (prompt[end] === '{') depth++;
      else if (prompt[end] === '}' && --depth === 0) {
        const found = parseObject(prompt.slice(start, end + 1));
        if (found && isRecord(found.properties) && looksWhole(prompt, start)) return found;
        break;
      }
    }
  }
  return undefined;
}

/** Inner schemas have `properties` too; the whole one is not the value of a member. */
function looksWhole(prompt: string, start: number): boolean {
  return !/"\s*:\s*$|[[,]\s*$/.test(prompt.slice(Math.max(0, start - 40), start));
}

function parseObject(text: string): Schema | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isRecord(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
