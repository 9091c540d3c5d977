import type { Button, Chunk } from '../outbound.ts';
import { buttonLine } from './buttons.ts';
import { needsSuffix, plainSuffix } from './weight.ts';

/** What stands between a text and the lines that were its buttons. */
const SEPARATOR = '\n\n';

/**
 * The same message without entities, for a channel or an occasion that refuses them. Links are followed by
 * their addresses in parentheses and buttons that open pages become lines, so nothing is lost. The plain
 * form of a rendered chunk keeps its limit.
 */
export function toPlain(chunk: Chunk): Chunk {
  const { buttons: rows = [], ...rest } = chunk;
  const kept = rows.map((row) => row.filter((button) => !('url' in button))).filter((row) => row.length > 0);
  return {
    ...rest,
    text: spellLinks(chunk) + linkLines(rows),
    entities: [],
    ...(kept.length > 0 ? { buttons: kept } : {}),
  };
}

/** Units that `toPlain` adds for buttons that open pages. */
export const buttonReserve = (rows: Button[][]): number => linkLines(rows).length;

function linkLines(rows: Button[][]): string {
  const lines = rows.flat().filter((button) => 'url' in button);
  return lines.length === 0 ? '' : SEPARATOR + lines.map(buttonLine).join('\n');
}

function spellLinks(chunk: Chunk): string {
  let text = '';
  let from = 0;
  for (const entity of chunk.entities) {
    if (entity.url === undefined) continue;
    const end = entity.offset + entity.length;
    text += chunk.text.slice(from, end);
    from = end;
    if (needsSuffix(chunk.text.slice(entity.offset, end), entity.url)) text += plainSuffix(entity.url);
  }
  return text + chunk.text.slice(from);
}
