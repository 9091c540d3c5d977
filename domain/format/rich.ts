import type { Entity } from '../outbound.ts';

/** A formatted span by its ends, half open, in UTF-16 units. */
export interface Span {
  type: Entity['type'];
  start: number;
  end: number;
  url?: string;
  language?: string;
}

/** Text with spans that are properly nested, and the positions where a new block begins. */
export interface RichText {
  text: string;
  spans: Span[];
  blockStarts: number[];
}

type Style = Pick<Span, 'type' | 'url' | 'language'>;

/** Writes rich text front to back; line breaks and indents are owed until something follows them. */
export class RichBuilder {
  private text = '';
  private readonly spans: Span[] = [];
  private readonly blockStarts: number[] = [];
  private readonly open: Entity['type'][] = [];
  private readonly indents: string[] = [];
  private owedBreaks = 0;
  private glued = false;

  /** Begins a block, at least `breaks` line breaks after what stands before it. */
  block(breaks: number): void {
    if (this.glued) {
      this.glued = false;
      return;
    }
    if (this.text !== '') this.owedBreaks = Math.max(this.owedBreaks, breaks);
  }

  /** The next block goes on in the present line, as the first paragraph of a list item does. */
  glue(): void {
    this.glued = true;
  }

  unglue(): void {
    this.glued = false;
  }

  write(text: string): void {
    const lines = text.split('\n');
    lines.forEach((line, index) => {
      if (index > 0) this.owedBreaks++;
      if (line === '') return;
      this.settle();
      this.text += line;
    });
  }

  /** Writes without indents, for text whose own columns count. */
  writeRaw(text: string): void {
    this.settle(false);
    this.text += text;
  }

  /** Lines begun inside `body` are indented. */
  indented(indent: string, body: () => void): void {
    this.indents.push(indent);
    body();
    this.indents.pop();
  }

  /** Everything written inside `body` carries the style, unless a span of that type is open already. */
  styled(style: Style, body: () => void): void {
    if (this.open.includes(style.type)) {
      body();
      return;
    }
    this.settle(style.type !== 'pre');
    const start = this.text.length;
    this.open.push(style.type);
    body();
    this.open.pop();
    if (this.text.length > start) this.spans.push({ ...style, start, end: this.text.length });
  }

  isOpen(type: Entity['type']): boolean {
    return this.open.includes(type);
  }

  build(): RichText {
    return { text: this.text, spans: disjoinCode(this.spans), blockStarts: this.blockStarts };
  }

  private settle(indent = true): void {
    if (this.owedBreaks === 0) return;
    if (this.text !== '') {
      this.text += '\n'.repeat(Math.min(this.owedBreaks, 2));
      if (this.owedBreaks > 1) this.blockStarts.push(this.text.length);
      if (indent) this.text += this.indents.join('');
    }
    this.owedBreaks = 0;
  }
}

/** Outer spans first; the order in which both Telegram and the splitter expect them. */
export const bySpanOrder = (a: Span, b: Span): number => a.start - b.start || b.end - a.end;

/**
 * Code stands alone: other formatting ends before it and begins again behind it.
 * Quotes may hold inline code, but not blocks of it.
 */
function disjoinCode(spans: Span[]): Span[] {
  const holes = spans.filter((span) => span.type === 'code' || span.type === 'pre').sort(bySpanOrder);
  const result: Span[] = [...holes];
  for (const span of spans) {
    if (span.type === 'code' || span.type === 'pre') continue;
    let start = span.start;
    for (const hole of holes) {
      if (hole.start >= span.end) break;
      if (hole.end <= start || (span.type === 'blockquote' && hole.type === 'code')) continue;
      if (hole.start > start) result.push({ ...span, start, end: hole.start });
      start = hole.end;
    }
    if (start < span.end) result.push({ ...span, start });
  }
  return result.sort(bySpanOrder);
}
