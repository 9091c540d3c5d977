import type { Definition, FootnoteDefinition, Nodes, Root } from 'mdast';
import { fromMarkdown } from 'mdast-util-from-markdown';
import { gfmFromMarkdown } from 'mdast-util-gfm';
import { gfm } from 'micromark-extension-gfm';
import { writeBlocks } from './blocks.ts';
import { RichBuilder, type RichText } from './rich.ts';
import { isVisible } from './text.ts';
import { MAX_URL_UNITS } from './url.ts';

/** What a document defines in one place and uses in another. */
export interface References {
  definitions: Map<string, Definition>;
  /** Identifiers some link or image refers to; other definitions are shown where they stand. */
  used: Set<string>;
  footnotes: Map<string, FootnoteDefinition>;
  /** Footnote identifiers in the order of their numbers. */
  numbered: string[];
  /** Longer addresses are written out rather than linked. */
  maxUrlUnits: number;
}

/** Nesting that no author means and that takes a parser seconds. */
const TOO_DEEP = /^[ \t]*(?:>[ \t]*|[*+-][ \t]+|\d+[.)][ \t]+){50}/m;

const asIs = (text: string): RichText => ({ text, spans: [], blockStarts: [] });

/**
 * Markdown (GFM) as text with spans. Nothing a reader would see is lost: what Telegram cannot show
 * (tables, images, footnotes, unusable links) is written out. Never throws: input too deep for the
 * parser comes back as it is.
 */
export function richFromMarkdown(markdown: string, maxUrlUnits = MAX_URL_UNITS): RichText {
  if (TOO_DEEP.test(markdown)) return asIs(markdown);
  try {
    const root = fromMarkdown(markdown, { extensions: [gfm()], mdastExtensions: [gfmFromMarkdown()] });
    const builder = new RichBuilder();
    const references = collectReferences(root, maxUrlUnits);
    writeBlocks(builder, root.children, references);
    writeFootnotes(builder, references);
    const rich = builder.build();
    return isVisible(rich.text) ? rich : asIs(markdown);
  } catch (error) {
    // Thousands of nested quotes or brackets exhaust the stack; the words are worth more than their form.
    if (error instanceof RangeError) return asIs(markdown);
    throw error;
  }
}

function collectReferences(root: Root, maxUrlUnits: number): References {
  const references: References = {
    definitions: new Map(),
    used: new Set(),
    footnotes: new Map(),
    numbered: [],
    maxUrlUnits,
  };
  const visit = (node: Nodes): void => {
    if (node.type === 'definition' && !references.definitions.has(node.identifier))
      references.definitions.set(node.identifier, node);
    if (node.type === 'footnoteDefinition' && !references.footnotes.has(node.identifier))
      references.footnotes.set(node.identifier, node);
    if (node.type === 'linkReference' || node.type === 'imageReference') references.used.add(node.identifier);
    if (node.type === 'footnoteReference' && !references.numbered.includes(node.identifier))
      references.numbered.push(node.identifier);
    if ('children' in node) for (const child of node.children) visit(child);
  };
  visit(root);
  for (const identifier of references.footnotes.keys())
    if (!references.numbered.includes(identifier)) references.numbered.push(identifier);
  return references;
}

function writeFootnotes(builder: RichBuilder, references: References): void {
  references.numbered.forEach((identifier, index) => {
    const note = references.footnotes.get(identifier);
    if (note === undefined) return;
    builder.block(index === 0 ? 2 : 1);
    builder.write(`[${index + 1}] `);
    builder.glue();
    builder.indented('    ', () => writeBlocks(builder, note.children, references));
    builder.unglue();
  });
}
