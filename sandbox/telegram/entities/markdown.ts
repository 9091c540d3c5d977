import { badRequest, type MessageEntity } from '../types.ts';
import type { FormattedText } from './validate.ts';

const RESERVED = new Set('_*[]()~`>#+-=|{}.!');
const MARKS: [mark: string, type: string, name: string][] = [
  ['||', 'spoiler', 'Spoiler'],
  ['__', 'underline', 'Underline'],
  ['*', 'bold', 'Bold'],
  ['_', 'italic', 'Italic'],
  ['~', 'strikethrough', 'Strikethrough'],
];

interface Open {
  mark: string;
  type: string;
  name: string;
  offset: number;
  byte: number;
}

function noEnd(name: string, byte: number) {
  return badRequest(`can't parse entities: Can't find end of ${name} entity at byte offset ${byte}`);
}

function codeAt(
  source: string,
  at: number,
  byte: number,
): { text: string; language?: string; next: number; type: string } {
  const fence = source.startsWith('```', at) ? '```' : '`';
  const end = source.indexOf(fence, at + fence.length);
  if (end < 0) throw noEnd(fence === '`' ? 'Code' : 'Pre', byte);
  const raw = source.slice(at + fence.length, end).replace(/\\([`\\])/g, '$1');
  const header = fence === '`' ? null : /^([A-Za-z0-9+#-]*)\n/.exec(raw);
  const text = header ? raw.slice(header[0].length) : raw;
  return {
    text,
    next: end + fence.length,
    type: fence === '`' ? 'code' : 'pre',
    ...(header?.[1] && { language: header[1] }),
  };
}

/** Parses `parse_mode: MarkdownV2`: every reserved mark that forms no entity must be escaped. */
export function parseMarkdownV2(source: string): FormattedText {
  const entities: MessageEntity[] = [];
  const stack: Open[] = [];
  let text = '';
  let at = 0;
  const byteAt = (index: number) => Buffer.byteLength(source.slice(0, index));
  const add = (entity: MessageEntity) => {
    if (entity.length > 0) entities.push(entity);
  };
  let quote: number | undefined;

  while (at < source.length) {
    const char = source[at] as string;
    const lineStart = at === 0 || source[at - 1] === '\n';
    if (lineStart && char !== '>' && quote !== undefined) {
      add({ type: 'blockquote', offset: quote, length: text.replace(/\n$/, '').length - quote });
      quote = undefined;
    }
    if (char === '\\' && at + 1 < source.length) {
      text += source[at + 1];
      at += 2;
      continue;
    }
    if (char === '>' && lineStart) {
      quote ??= text.length;
      at++;
      continue;
    }
    if (char === '`') {
      const { next, text: code, type, language } = codeAt(source, at, byteAt(at));
      add({ type, offset: text.length, length: code.length, ...(language !== undefined && { language }) });
      text += code;
      at = next;
      continue;
    }
    const mark = MARKS.find(([candidate]) => source.startsWith(candidate, at));
    if (mark) {
      const [sign, type, name] = mark;
      if (stack.at(-1)?.mark === sign) {
        const open = stack.pop() as Open;
        add({ type, offset: open.offset, length: text.length - open.offset });
      } else stack.push({ mark: sign, type, name, offset: text.length, byte: byteAt(at) });
      at += sign.length;
      continue;
    }
    if (char === '[' || (char === '!' && source[at + 1] === '[')) {
      stack.push({ mark: '[', type: 'text_link', name: 'TextUrl', offset: text.length, byte: byteAt(at) });
      at += char === '[' ? 1 : 2;
      continue;
    }
    if (char === ']' && stack.at(-1)?.mark === '[') {
      const open = stack.pop() as Open;
      const link = /^\]\(((?:\\.|[^\\)])*)\)/.exec(source.slice(at));
      if (!link) throw noEnd('TextUrl', open.byte);
      const url = (link[1] ?? '').replace(/\\(.)/g, '$1');
      if (url !== '') add({ type: 'text_link', offset: open.offset, length: text.length - open.offset, url });
      at += link[0].length;
      continue;
    }
    if (RESERVED.has(char)) {
      throw badRequest(
        `can't parse entities: Character '${char}' is reserved and must be escaped with the preceding '\\'`,
      );
    }
    text += char;
    at++;
  }
  const left = stack.at(-1);
  if (left) throw noEnd(left.name, left.byte);
  if (quote !== undefined) add({ type: 'blockquote', offset: quote, length: text.length - quote });
  return { text, entities };
}

const LEGACY: Record<string, [type: string, name: string]> = {
  '*': ['bold', 'Bold'],
  _: ['italic', 'Italic'],
};

/** Parses `parse_mode: Markdown`, the old form without nesting. */
export function parseMarkdown(source: string): FormattedText {
  const entities: MessageEntity[] = [];
  let text = '';
  let at = 0;
  while (at < source.length) {
    const char = source[at] as string;
    const byte = Buffer.byteLength(source.slice(0, at));
    if (char === '\\' && '_*`['.includes(source[at + 1] ?? ' ')) {
      text += source[at + 1];
      at += 2;
    } else if (char === '`') {
      const { next, text: code, type, language } = codeAt(source, at, byte);
      entities.push({
        type,
        offset: text.length,
        length: code.length,
        ...(language !== undefined && { language }),
      });
      text += code;
      at = next;
    } else if (char === '*' || char === '_') {
      const [type, name] = LEGACY[char] as [string, string];
      const end = source.indexOf(char, at + 1);
      if (end < 0) throw noEnd(name, byte);
      const inner = source.slice(at + 1, end);
      if (inner) entities.push({ type, offset: text.length, length: inner.length });
      text += inner;
      at = end + 1;
    } else if (char === '[') {
      const link = /^\[([^\]]*)\]\(([^)]*)\)/.exec(source.slice(at));
      if (!link && !source.includes(']', at)) throw noEnd('TextUrl', byte);
      if (link)
        entities.push({
          type: 'text_link',
          offset: text.length,
          length: (link[1] ?? '').length,
          url: link[2] ?? '',
        });
      text += link ? link[1] : char;
      at += link ? link[0].length : 1;
    } else {
      text += char;
      at++;
    }
  }
  return { text, entities };
}
