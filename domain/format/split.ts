import { hardCut, isGraphemeBorder } from './grapheme.ts';
import type { RichText, Span } from './rich.ts';
import { isVisible } from './text.ts';
import { entityBytes, entityReserve, MAX_ENTITIES, MAX_ENTITY_BYTES } from './weight.ts';

/** A part of a rich text, by its ends. */
export interface Piece {
  start: number;
  end: number;
}

/** Borders from the best place to cut to the worst. */
const LEVELS = ['block', 'line', 'sentence', 'word'] as const;
type Level = (typeof LEVELS)[number];

/** Shares of a window that a cut should leave filled: a good border early on is worse than a fair one late. */
const FILLS = [0.5, 0.25, 0];

/**
 * Cuts a text into pieces that fit one message each, counting what the plain form would add for links.
 * Prefers block, line, sentence and word borders outside formatting; an entity is cut only if it alone
 * is longer than a message. Blanks at the ends of pieces are dropped; nothing visible is. Begins at `from`.
 */
export function split(rich: RichText, maxUnits: number, from = 0): Piece[] {
  const pieces: Piece[] = [];
  const { text } = rich;
  const blocks = new Set(rich.blockStarts);
  let start = skipBlank(rich, from);
  let firstSpan = 0;
  while (start < text.length) {
    while ((rich.spans[firstSpan]?.end ?? Infinity) <= start) firstSpan++;
    const spans = openSpans(rich.spans, firstSpan, start, maxUnits);
    const limit = windowEnd(text, spans, start, maxUnits);
    const cut = limit >= text.length ? text.length : findCut(text, spans, blocks, start, limit, maxUnits);
    const end = trimEnd(text, start, cut);
    if (isVisible(text.slice(start, end))) pieces.push({ start, end });
    start = skipBlank(rich, cut);
  }
  return pieces;
}

function openSpans(spans: Span[], from: number, start: number, maxUnits: number): Span[] {
  const open: Span[] = [];
  for (let index = from; index < spans.length; index++) {
    const span = spans[index] as Span;
    if (span.start >= start + maxUnits) break;
    if (span.end > start) open.push(span);
  }
  return open;
}

/** How far one message can reach: units, the links' addresses, number and size of entities. */
function windowEnd(text: string, spans: Span[], start: number, maxUnits: number): number {
  let end = start + maxUnits;
  let reserve = 0;
  let bytes = 0;
  let count = 0;
  for (const span of spans) {
    if (span.start >= end) break;
    count++;
    bytes += entityBytes(span);
    reserve += entityReserve(span);
    const room = start + maxUnits - reserve;
    const before = Math.max(span.start, start + 1);
    if (count > MAX_ENTITIES || bytes > MAX_ENTITY_BYTES || room <= before) {
      end = Math.min(end, before);
      break;
    }
    end = Math.min(end, room);
  }
  return Math.min(end, text.length);
}

function findCut(
  text: string,
  spans: Span[],
  blocks: Set<number>,
  start: number,
  limit: number,
  maxUnits: number,
): number {
  // Only an entity that fits a message of its own is kept whole.
  const whole = spans.filter((span) => span.end - span.start + entityReserve(span) <= maxUnits);
  const isInside = coverage(whole, start, limit);
  const best = bestBorders(text, blocks, start, limit, isInside);
  for (const fill of FILLS) {
    const least = start + (limit - start) * fill;
    for (const level of LEVELS) {
      const border = best[level];
      if (border !== undefined && border > start && border >= least) return border;
    }
  }
  for (let at = limit; at > start; at--) if (!isInside(at) && isGraphemeBorder(text, at)) return at;
  // Everything here is one entity with too many others in it: it is closed and reopened.
  const inside = bestBorders(text, blocks, start, limit, () => false);
  return inside.line ?? inside.sentence ?? inside.word ?? hardCut(text, start, limit);
}

/** Answers whether a position lies strictly within one of the spans. */
function coverage(spans: Span[], start: number, limit: number): (at: number) => boolean {
  const depth = new Int32Array(limit - start + 2);
  for (const span of spans) {
    const from = Math.max(span.start + 1, start) - start;
    const to = Math.min(span.end, limit + 1) - start;
    if (from >= to) continue;
    depth[from] = (depth[from] ?? 0) + 1;
    depth[to] = (depth[to] ?? 0) - 1;
  }
  for (let index = 1; index < depth.length; index++)
    depth[index] = (depth[index] ?? 0) + (depth[index - 1] ?? 0);
  return (at) => (depth[at - start] ?? 0) > 0;
}

/** The last allowed border of each level within (start, limit]. */
function bestBorders(
  text: string,
  blocks: Set<number>,
  start: number,
  limit: number,
  isInside: (at: number) => boolean,
): Partial<Record<Level, number>> {
  const best: Partial<Record<Level, number>> = {};
  let missing = LEVELS.length;
  for (let at = limit; at > start && missing > 0; at--) {
    const level = levelAt(text, blocks, at);
    if (level === undefined || best[level] !== undefined || isInside(at)) continue;
    if (!isVisible(text.slice(start, at)) || !isGraphemeBorder(text, at)) continue;
    best[level] = at;
    missing--;
    // A better border in the same place or later makes the worse ones needless.
    if (level === 'block' && at >= start + (limit - start) * 0.5) break;
  }
  return best;
}

const BLANK = /\s/;
const SENTENCE_END = /[.!?…。！？؟。][»"”')\]]*\s$/;

function levelAt(text: string, blocks: Set<number>, at: number): Level | undefined {
  if (blocks.has(at)) return 'block';
  const before = text[at - 1] ?? '';
  if (before === '\n') return text[at - 2] === '\n' ? 'block' : 'line';
  if (!BLANK.test(before) && before !== '\u200b') {
    // A blank at the limit need not fit: it is dropped.
    return BLANK.test(text[at] ?? '') ? levelAtBlank(text, at) : undefined;
  }
  return SENTENCE_END.test(text.slice(Math.max(0, at - 6), at)) ? 'sentence' : 'word';
}

function levelAtBlank(text: string, at: number): Level {
  if (text[at] === '\n') return text[at + 1] === '\n' ? 'block' : 'line';
  return SENTENCE_END.test(text.slice(Math.max(0, at - 5), at + 1)) ? 'sentence' : 'word';
}

/** The next position with something to show. Inside a code block the indent of a line is kept. */
function skipBlank(rich: RichText, from: number): number {
  const { text } = rich;
  let at = from;
  while (at < text.length && BLANK.test(text[at] ?? '')) at++;
  const lineStart = text.lastIndexOf('\n', at - 1) + 1;
  const pre = rich.spans.find((span) => span.type === 'pre' && span.start <= at && at < span.end);
  return pre ? Math.max(from, lineStart, pre.start) : at;
}

function trimEnd(text: string, start: number, end: number): number {
  let at = end;
  while (at > start && BLANK.test(text[at - 1] ?? '')) at--;
  return at;
}
