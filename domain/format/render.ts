import type { Button, Chunk, Content, Entity } from '../outbound.ts';
import { fitButtons } from './buttons.ts';
import { richFromMarkdown } from './markdown.ts';
import { buttonReserve, toPlain } from './plain.ts';
import type { RichText, Span } from './rich.ts';
import { type Piece, split } from './split.ts';
import { cleanText, isVisible } from './text.ts';
import { MAX_URL_UNITS } from './url.ts';

export interface RenderLimits {
  /** Longest text of one message, in UTF-16 units. */
  maxTextUnits: number;
  /** False where the channel shows plain text only. */
  formatting: boolean;
  /** Longest callback data in bytes; 0 where there are no buttons. */
  maxButtonDataBytes: number;
}

/** Shown where buttons need a text to stand under and there is none. */
const NO_TEXT = '…';

/**
 * Content as messages ready to be sent, in order. Every chunk has visible text of at most `maxTextUnits`
 * and at most 100 properly nested entities; so has its plain form. Their concatenation holds every visible
 * character of the content; only blanks at the cuts are dropped. Buttons and the contact request go under
 * the last chunk; buttons that cannot be carried become lines of text. Empty only for content without
 * anything visible.
 */
export function render(content: Content, limits: RenderLimits): Chunk[] {
  const { buttons, lines } = fitButtons(content.buttons ?? [], {
    maxButtonDataBytes: limits.maxButtonDataBytes,
    // A keyboard that asks for the contact cannot open pages.
    maxUrlUnits: content.requestContact === undefined ? Math.floor(limits.maxTextUnits / 2) : 0,
  });
  const rich = append(toRich(content, limits), lines);
  const hasKeyboard = buttons.length > 0 || content.requestContact !== undefined;
  if (!isVisible(rich.text)) {
    if (!hasKeyboard) return [];
    const only = withKeyboard({ text: NO_TEXT, entities: [] }, buttons, content.requestContact);
    return [limits.formatting ? only : toPlain(only)];
  }
  const chunks = cut(rich, limits.maxTextUnits, buttonReserve(buttons)).map((piece) => toChunk(rich, piece));
  const last = chunks.pop();
  if (last === undefined) return [];
  const all = [...chunks, withKeyboard(last, buttons, content.requestContact)];
  return limits.formatting ? all : all.map(toPlain);
}

/** Leaves room under the last piece for the buttons, in case they have to be written out. */
function cut(rich: RichText, maxUnits: number, reserve: number): Piece[] {
  const pieces = split(rich, maxUnits);
  const last = pieces.at(-1);
  if (last === undefined || reserve === 0 || toPlain(toChunk(rich, last)).text.length + reserve <= maxUnits)
    return pieces;
  return [...pieces.slice(0, -1), ...split(rich, maxUnits - reserve, last.start)];
}

function toRich(content: Content, limits: RenderLimits): RichText {
  const text = cleanText(content.text);
  if (content.format === 'plain') return { text, spans: [], blockStarts: [] };
  return richFromMarkdown(text, Math.min(MAX_URL_UNITS, Math.floor(limits.maxTextUnits / 2)));
}

function append(rich: RichText, lines: string[]): RichText {
  if (lines.length === 0) return rich;
  const text = [rich.text.trimEnd(), lines.join('\n')].filter(isVisible).join('\n\n');
  return { ...rich, text };
}

function toChunk(rich: RichText, piece: Piece): Chunk {
  const text = rich.text.slice(piece.start, piece.end);
  const entities: Entity[] = [];
  for (const span of rich.spans) {
    if (span.start >= piece.end) break;
    const entity = clip(span, piece, text);
    if (entity) entities.push(entity);
  }
  return { text, entities };
}

/** The part of a span within a piece, without blanks at its ends; nothing if only blanks remain. */
function clip(span: Span, piece: Piece, text: string): Entity | undefined {
  let start = Math.max(span.start, piece.start) - piece.start;
  let end = Math.min(span.end, piece.end) - piece.start;
  if (start >= end || !isVisible(text.slice(start, end))) return undefined;
  if (span.type !== 'pre') while (/\s/.test(text[start] ?? '')) start++;
  while (/\s/.test(text[end - 1] ?? '')) end--;
  return {
    type: span.type,
    offset: start,
    length: end - start,
    ...(span.url === undefined ? {} : { url: span.url }),
    ...(span.language === undefined ? {} : { language: span.language }),
  };
}

function withKeyboard(chunk: Chunk, buttons: Button[][], requestContact: string | undefined): Chunk {
  return {
    ...chunk,
    ...(buttons.length > 0 ? { buttons } : {}),
    ...(requestContact === undefined ? {} : { requestContact }),
  };
}
