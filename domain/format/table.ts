import type { Table, TableCell } from 'mdast';
import { writeInline } from './inline.ts';
import type { References } from './markdown.ts';
import { RichBuilder, type RichText } from './rich.ts';
import { displayWidth, isVisible } from './text.ts';

/** About what a phone shows in one line of its monospaced font; wider tables would wrap into noise. */
const MAX_COLUMNS = 40;
const GAP = 2;

/**
 * A narrow table becomes an aligned monospaced block. A wide one, or one with links or line breaks in its
 * cells, becomes a paragraph per row with a "heading: value" line per cell.
 */
export function writeTable(builder: RichBuilder, table: Table, references: References): void {
  const rows = table.children.map((row) => row.children.map((cell) => renderCell(cell, references)));
  const widths = columnWidths(rows);
  const total = widths.reduce((sum, width) => sum + width + GAP, -GAP);
  const plain = rows.every((row) =>
    row.every((cell) => !cell.text.includes('\n') && cell.spans.every((span) => span.type !== 'text_link')),
  );
  // A code block may not stand within a quote.
  if (plain && total <= MAX_COLUMNS && !builder.isOpen('blockquote'))
    writeAligned(builder, rows, widths, table.align ?? []);
  else writeRecords(builder, table, references);
}

function renderCell(cell: TableCell, references: References): RichText {
  const builder = new RichBuilder();
  writeInline(builder, cell.children, references);
  return builder.build();
}

function columnWidths(rows: RichText[][]): number[] {
  const widths: number[] = [];
  for (const row of rows)
    row.forEach((cell, column) => {
      widths[column] = Math.max(widths[column] ?? 0, displayWidth(cell.text));
    });
  return widths;
}

function writeAligned(
  builder: RichBuilder,
  rows: RichText[][],
  widths: number[],
  align: NonNullable<Table['align']>,
): void {
  const lines = rows.map((row) =>
    row
      .map((cell, column) => pad(cell.text, widths[column] ?? 0, align[column] ?? 'left'))
      .join(' '.repeat(GAP))
      .trimEnd(),
  );
  lines.splice(1, 0, widths.map((width) => '─'.repeat(Math.max(width, 1))).join(' '.repeat(GAP)));
  builder.styled({ type: 'pre' }, () => builder.writeRaw(lines.join('\n')));
}

function pad(text: string, width: number, align: 'left' | 'right' | 'center'): string {
  const missing = Math.max(0, width - displayWidth(text));
  const left = align === 'right' ? missing : align === 'center' ? Math.floor(missing / 2) : 0;
  return ' '.repeat(left) + text + ' '.repeat(missing - left);
}

function writeRecords(builder: RichBuilder, table: Table, references: References): void {
  const [head, ...rows] = table.children;
  const headings = head?.children ?? [];
  if (rows.length === 0) {
    headings.forEach((cell, column) => {
      if (column > 0) builder.write(' | ');
      writeInline(builder, cell.children, references);
    });
    return;
  }
  rows.forEach((row, index) => {
    if (index > 0) builder.block(2);
    row.children.forEach((cell, column) => {
      if (column > 0) builder.block(1);
      const heading = headings[column];
      if (heading && isVisible(renderCell(heading, references).text)) {
        builder.styled({ type: 'bold' }, () => writeInline(builder, heading.children, references));
        builder.write(': ');
      }
      writeInline(builder, cell.children, references);
    });
  });
}
