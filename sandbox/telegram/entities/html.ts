import { badRequest, type MessageEntity } from '../types.ts';
import type { FormattedText } from './validate.ts';

const TAGS: Record<string, string> = {
  b: 'bold',
  strong: 'bold',
  i: 'italic',
  em: 'italic',
  u: 'underline',
  ins: 'underline',
  s: 'strikethrough',
  strike: 'strikethrough',
  del: 'strikethrough',
  'tg-spoiler': 'spoiler',
  span: 'spoiler',
  a: 'text_link',
  code: 'code',
  pre: 'pre',
  blockquote: 'blockquote',
  'tg-emoji': 'custom_emoji',
};
const NAMED: Record<string, string> = { lt: '<', gt: '>', amp: '&', quot: '"' };

interface Open {
  tag: string;
  offset: number;
  byte: number;
  attributes: Record<string, string>;
}

function decode(text: string): string {
  return text.replace(/&(#x[0-9a-f]+|#[0-9]+|[a-z]+);/gi, (whole, name: string) => {
    if (name.startsWith('#')) {
      const code =
        name[1]?.toLowerCase() === 'x' ? Number.parseInt(name.slice(2), 16) : Number(name.slice(1));
      return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code) : whole;
    }
    return NAMED[name.toLowerCase()] ?? whole;
  });
}

function readAttributes(source: string): Record<string, string> {
  const attributes: Record<string, string> = {};
  for (const match of source.matchAll(/([a-z-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+)))?/gi)) {
    attributes[(match[1] ?? '').toLowerCase()] = decode(match[2] ?? match[3] ?? match[4] ?? '');
  }
  return attributes;
}

function close(open: Open, text: string): MessageEntity | undefined {
  const { tag, offset, attributes } = open;
  const length = text.length - offset;
  const type = TAGS[tag] as string;
  if (length === 0) return undefined;
  if (type === 'text_link') {
    const url = attributes.href ?? text.slice(offset);
    return { type, offset, length, url };
  }
  if (tag === 'blockquote' && 'expandable' in attributes)
    return { type: 'expandable_blockquote', offset, length };
  if (tag === 'tg-emoji') return { type, offset, length, custom_emoji_id: attributes['emoji-id'] ?? '' };
  return { type, offset, length };
}

/** Parses `parse_mode: HTML`; throws "can't parse entities" with the reason and byte offset. */
export function parseHtml(source: string): FormattedText {
  const entities: MessageEntity[] = [];
  const stack: Open[] = [];
  let text = '';
  let at = 0;
  const byteAt = (index: number) => Buffer.byteLength(source.slice(0, index));

  while (at < source.length) {
    if (source[at] !== '<') {
      const next = source.indexOf('<', at);
      const end = next < 0 ? source.length : next;
      text += decode(source.slice(at, end));
      at = end;
      continue;
    }
    const tagEnd = source.indexOf('>', at);
    const inner = tagEnd < 0 ? undefined : source.slice(at + 1, tagEnd);
    const match = inner === undefined ? null : /^(\/?)([a-z][a-z0-9-]*)([\s\S]*)$/i.exec(inner);
    if (inner === undefined)
      throw badRequest(`can't parse entities: Unclosed start tag at byte offset ${byteAt(at)}`);
    const tag = (match?.[2] ?? '').toLowerCase();
    if (!(tag in TAGS)) {
      const shown = match ? tag : inner.split(/[\s>]/)[0];
      throw badRequest(`can't parse entities: Unsupported start tag "${shown}" at byte offset ${byteAt(at)}`);
    }
    if (match?.[1] === '/') {
      const open = stack.pop();
      if (!open) throw badRequest(`can't parse entities: Unexpected end tag at byte offset ${byteAt(at)}`);
      if (open.tag !== tag) {
        throw badRequest(
          `can't parse entities: Unmatched end tag at byte offset ${byteAt(at)}, expected "</${open.tag}>", found "</${tag}>"`,
        );
      }
      const entity = close(open, text);
      const around = stack.at(-1);
      const language = /^language-(.+)$/.exec(open.attributes.class ?? '')?.[1];
      if (tag === 'code' && around?.tag === 'pre') {
        if (language !== undefined) around.attributes.language = language;
      } else if (entity) {
        entities.push(
          tag === 'pre' && open.attributes.language
            ? { ...entity, language: open.attributes.language }
            : entity,
        );
      }
    } else {
      const attributes = readAttributes(match?.[3] ?? '');
      if (tag === 'span' && attributes.class !== 'tg-spoiler') {
        throw badRequest(
          `can't parse entities: Tag "span" must have class "tg-spoiler" at byte offset ${byteAt(at)}`,
        );
      }
      stack.push({ tag, offset: text.length, byte: byteAt(at), attributes });
    }
    at = tagEnd + 1;
  }
  const left = stack.at(-1);
  if (left)
    throw badRequest(`can't parse entities: Can't find end tag corresponding to start tag "${left.tag}"`);
  return { text, entities };
}
