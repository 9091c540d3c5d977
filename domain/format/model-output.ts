import type { Button, Content } from '../outbound.ts';
import { fitButtons } from './buttons.ts';
import { isVisible } from './text.ts';

/** The smallest cap among the channels: Telegram's callback data. */
const MAX_DATA_BYTES = 64;

const FENCED = /^```[ \t]*(?:json|jsonc|json5)?[ \t]*\n([\s\S]*?)\n?[ \t]*```$/i;
const LOOKS_LIKE_JSON = /^\{\s*(?:["}]|$)/;

/**
 * What a model wrote as content to be shown: plain text, Markdown, or a JSON object
 * `{ text | answer | message, buttons?, links? }`, bare or in a fence. Reasoning in front is removed.
 * Never throws and loses nothing: any other JSON, and JSON that is broken, is shown as it is. Buttons and
 * links that cannot be pressed become lines of text. The text is empty when the model wrote nothing but
 * (perhaps unfinished) reasoning, or left its form blank; what to say then is the caller's to decide.
 */
export function parseModelOutput(raw: string): Content {
  const answer = withoutReasoning(raw).trim();
  const fenced = FENCED.exec(answer)?.[1]?.trim();
  const candidate = fenced ?? answer;
  if (!LOOKS_LIKE_JSON.test(candidate)) return { text: answer, format: 'markdown' };
  return (
    structured(parseJson(candidate)) ?? {
      text: answer,
      // A fence shows unknown JSON as code; without one, Markdown would eat its asterisks and underscores.
      format: fenced === undefined ? 'plain' : 'markdown',
    }
  );
}

/** Some servers cut off the opening tag, so a lone closing one on its own line ends reasoning too. */
function withoutReasoning(raw: string): string {
  let text = raw.trimStart();
  for (;;) {
    const open = /^<(think|thinking|reasoning)>/i.exec(text);
    if (!open) break;
    const close = text.toLowerCase().indexOf(`</${open[1]?.toLowerCase()}>`);
    if (close < 0) return '';
    text = text.slice(close + open[0].length + 1).trimStart();
  }
  const orphan = /(?:^|\n)[ \t]*<\/think(?:ing)?>[ \t]*(?:\n|$)/i.exec(text);
  const opened = orphan ? text.slice(0, orphan.index).toLowerCase().includes('<think') : false;
  return orphan && !opened ? text.slice(orphan.index + orphan[0].length).trimStart() : text;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Broken JSON is not an error here: it is shown as text.
    return undefined;
  }
}

type Fields = Record<string, unknown>;

const isFields = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function structured(value: unknown): Content | undefined {
  if (!isFields(value)) return undefined;
  const texts = strings(value, ['text', 'answer', 'message']);
  const rows: Button[][] = [];
  const lines: string[] = [];
  for (const item of [...list(value.buttons), ...list(value.links)]) {
    const button = toButton(item);
    if (button) rows.push([button]);
    else if (isFields(item) || typeof item === 'string') lines.push(...leftover(item));
  }
  if (texts.length === 0 && rows.length === 0) {
    return saysNothing(value) ? { text: '', format: 'plain' } : undefined;
  }
  const fitted = fitButtons(rows, { maxButtonDataBytes: MAX_DATA_BYTES, maxUrlUnits: Infinity });
  const text = [...texts, [...lines, ...fitted.lines].join('\n')].filter(isVisible).join('\n\n');
  return {
    text,
    format: 'markdown',
    ...(fitted.buttons.length > 0 ? { buttons: fitted.buttons } : {}),
  };
}

/** A form that the model left blank: `{ "text": "" }`. */
const saysNothing = (fields: Fields): boolean => {
  const values = Object.values(fields);
  return (
    typeof fields.text === 'string' &&
    values.every(
      (v) => v === null || (typeof v === 'string' ? !isVisible(v) : Array.isArray(v) && v.length === 0),
    )
  );
};

/** Lists of rows are as good as plain lists. */
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value.flat() : []);

/** Different non-empty texts of the named fields, in their order. */
function strings(fields: Fields, names: string[]): string[] {
  const found = names
    .map((name) => fields[name])
    .filter((value): value is string => typeof value === 'string' && isVisible(value));
  return [...new Set(found)];
}

function toButton(item: unknown): Button | undefined {
  if (typeof item === 'string') return isVisible(item) ? { text: item, data: item } : undefined;
  if (!isFields(item)) return undefined;
  const url = strings(item, ['url', 'href', 'link'])[0]?.trim();
  const data = strings(item, ['data', 'callback_data', 'value'])[0];
  const text = strings(item, ['text', 'title', 'label', 'name'])[0] ?? url ?? data;
  if (text === undefined) return undefined;
  return url === undefined ? { text, data: data ?? text } : { text, url };
}

const leftover = (item: Fields | string): string[] =>
  typeof item === 'string' ? [] : Object.values(item).filter((value) => typeof value === 'string');
