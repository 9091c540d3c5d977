import type { BotMessage, ChatEntity, RunLine } from './types.ts';

const ESCAPE = '\u001b[';
const RESET = `${ESCAPE}0m`;

/** How kinds of entities look on a terminal; a kind that is not here is shown as plain text. */
const STYLES: Record<string, string> = {
  bold: '1',
  italic: '3',
  underline: '4',
  strikethrough: '9',
  blockquote: '2',
  code: '36',
  pre: '36',
  text_link: '4;34',
  url: '4;34',
};

/**
 * A message's text with its entities as ANSI colours; targets of links follow them in brackets. Control
 * characters in it are dropped: what a model or a customer wrote must not steer the terminal.
 */
export function renderText(text: string, entities: ChatEntity[]): string {
  const safe = text.replace(/[^\P{Cc}\n\t]/gu, ' ');
  const borders = [0, safe.length, ...entities.flatMap(({ offset, length }) => [offset, offset + length])];
  const cuts = [...new Set(borders)].filter((at) => at >= 0 && at <= safe.length).sort((a, b) => a - b);
  let out = '';
  for (const [index, start] of cuts.entries()) {
    for (const link of entities) {
      const target = link.type === 'text_link' && link.offset + link.length === start ? link.url : undefined;
      if (target !== undefined) out += ` (${target.replace(/\p{Cc}/gu, '')})`;
    }
    const end = cuts[index + 1];
    if (end === undefined) break;
    const styles = entities
      .filter(({ offset, length }) => offset <= start && offset + length >= end)
      .flatMap(({ type }) => STYLES[type] ?? []);
    const part = safe.slice(start, end);
    out += styles.length === 0 ? part : `${ESCAPE}${styles.join(';')}m${part}${RESET}`;
  }
  return out;
}

/** A message as the customer sees it, its buttons numbered from 1. */
export function renderMessage(message: BotMessage): string {
  const lines = renderText(message.text, message.entities).split('\n');
  const mark = message.edited ? 'bot ✎ ' : 'bot › ';
  const body = lines.map((line, index) => (index === 0 ? dim(mark) : '      ') + line);
  let number = 0;
  const rows = message.buttons.map((row) =>
    row
      .map(({ text, url }) => `[${++number}] ${renderText(text, [])}${url === undefined ? '' : ` (${url})`}`)
      .join('   '),
  );
  return [...body, ...rows.map((row) => `      ${row}`)].join('\n');
}

export function renderRun({ runId, process, state, waitingOn, durationMs, url }: RunLine): string {
  const shown = waitingOn === undefined ? state : `${state} (${waitingOn})`;
  return dim(`      run ${runId} · ${process} · ${shown} · ${(durationMs / 1000).toFixed(1)} s · ${url}`);
}

export const dim = (text: string): string => `${ESCAPE}2m${text}${RESET}`;
