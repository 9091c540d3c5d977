import type { BlockContent, Definition, DefinitionContent, List, ListItem, RootContent } from 'mdast';
import { writeInline } from './inline.ts';
import type { References } from './markdown.ts';
import type { RichBuilder } from './rich.ts';
import { writeTable } from './table.ts';
import { isVisible } from './text.ts';

const BULLETS = ['•', '◦', '▪'];
const RULE = '⸻';

/** Writes block nodes one under the other, separated by blank lines where Markdown would show one. */
export function writeBlocks(
  builder: RichBuilder,
  nodes: RootContent[] | (BlockContent | DefinitionContent)[],
  references: References,
  depth = 0,
): void {
  for (const node of nodes) writeBlock(builder, node, references, depth);
}

function writeBlock(builder: RichBuilder, node: RootContent, references: References, depth: number): void {
  switch (node.type) {
    case 'paragraph':
      builder.block(depth > 0 ? 1 : 2);
      writeInline(builder, node.children, references);
      return;
    case 'heading':
      builder.block(2);
      builder.styled({ type: 'bold' }, () => writeInline(builder, node.children, references));
      return;
    case 'code': {
      // A code block begins its own line even as the first thing of a list item.
      builder.unglue();
      builder.block(depth > 0 ? 1 : 2);
      const language = node.lang?.match(/^[\p{L}\p{N}+#._-]{1,64}/u)?.[0];
      // An unclosed fence at the end of a text has swallowed its words as the name of a language.
      if (!isVisible(node.value)) {
        builder.write([node.lang, node.meta].filter(Boolean).join(' '));
        return;
      }
      builder.styled({ type: 'pre', ...(language ? { language } : {}) }, () => builder.writeRaw(node.value));
      return;
    }
    case 'blockquote':
      builder.block(depth > 0 ? 1 : 2);
      builder.styled({ type: 'blockquote' }, () => {
        builder.glue();
        writeBlocks(builder, node.children, references, depth);
        builder.unglue();
      });
      return;
    case 'list':
      writeList(builder, node, references, depth);
      return;
    case 'table':
      builder.unglue();
      builder.block(2);
      writeTable(builder, node, references);
      return;
    case 'thematicBreak':
      builder.block(2);
      builder.write(RULE);
      return;
    case 'html':
      builder.block(2);
      builder.write(node.value);
      return;
    case 'definition':
      writeUnusedDefinition(builder, node, references);
      return;
    // Written under the text, where their numbers point.
    case 'footnoteDefinition':
      // A second note of the same name has no number, but it has words.
      if (references.footnotes.get(node.identifier) !== node)
        writeBlocks(builder, node.children, references, depth);
      return;
    case 'yaml':
      builder.block(2);
      builder.write(node.value);
      return;
    default:
      builder.block(2);
      writeInline(builder, [node], references);
  }
}

function writeList(builder: RichBuilder, list: List, references: References, depth: number): void {
  const first = list.start ?? 1;
  builder.block(depth > 0 ? 1 : 2);
  list.children.forEach((item, index) => {
    if (index > 0) builder.block(list.spread ? 2 : 1);
    const marker = markerOf(item, list.ordered ? `${first + index}.` : (BULLETS[depth % 3] ?? '•'));
    builder.write(`${marker} `);
    builder.glue();
    builder.indented('   ', () => writeBlocks(builder, item.children, references, depth + 1));
    builder.unglue();
  });
}

function markerOf(item: ListItem, marker: string): string {
  if (item.checked === null || item.checked === undefined) return marker;
  const box = item.checked ? '☑' : '☐';
  return marker.endsWith('.') ? `${marker} ${box}` : box;
}

/** Models write `[Source]: https://…` as a line of its own; where no link uses it, it is meant to be read. */
function writeUnusedDefinition(builder: RichBuilder, node: Definition, references: References): void {
  const isUsed = references.used.has(node.identifier);
  if (isUsed && references.definitions.get(node.identifier) === node) return;
  builder.block(1);
  builder.write(`${node.label ?? node.identifier}: ${node.url}`);
  if (node.title) builder.write(` (${node.title})`);
}
