import type { Button } from '../outbound.ts';
import { cleanText, isVisible, utf8Length } from './text.ts';
import { isSendableUrl } from './url.ts';

/** Telegram's caps for a keyboard under a message. */
const MAX_PER_ROW = 8;
const MAX_BUTTONS = 100;

export interface ButtonLimits {
  maxButtonDataBytes: number;
  /** Units that buttons which open pages may take when they are written out; 0 where there can be none. */
  maxUrlUnits: number;
}

/** How a button reads as a line of text: its label, and its address if it has one. */
export const buttonLine = (button: Button): string =>
  'url' in button && button.url !== button.text ? `${button.text}: ${button.url}` : button.text;

/** Separates buttons the channel can carry from those that have to be read as text instead. */
export function fitButtons(rows: Button[][], limits: ButtonLimits): { buttons: Button[][]; lines: string[] } {
  const lines: string[] = [];
  const buttons: Button[][] = [];
  let count = 0;
  let room = limits.maxUrlUnits;
  for (const row of rows) {
    let fitting: Button[] = [];
    for (const original of row) {
      const button = { ...original, text: cleanText(original.text).replace(/\s+/g, ' ').trim() };
      const cost = 'url' in button ? buttonLine(button).length + 2 : 0;
      if (count < MAX_BUTTONS && cost <= room && fits(button, limits)) {
        count++;
        room -= cost;
        fitting.push(button);
        if (fitting.length === MAX_PER_ROW) {
          buttons.push(fitting);
          fitting = [];
        }
      } else if (isVisible(buttonLine(button))) lines.push(cleanText(buttonLine(button)));
    }
    if (fitting.length > 0) buttons.push(fitting);
  }
  return { buttons, lines };
}

function fits(button: Button, limits: ButtonLimits): boolean {
  if (limits.maxButtonDataBytes === 0 || !isVisible(button.text)) return false;
  if ('url' in button) return isSendableUrl(button.url);
  return button.data !== '' && utf8Length(button.data) <= limits.maxButtonDataBytes;
}
