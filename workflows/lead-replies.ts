import { findName, normalisePhone } from '../domain/phone.ts';
import { say } from '../domain/texts/catalogue.ts';
import type { Parsed, ReplyText } from './kit/ask.ts';
import type { Run } from './kit/run.ts';

const MAX_NEED = 2_000;

/** Readers of the replies to a lead's questions; the problem is told in the customer's language. */
export const readPhone =
  (run: Run) =>
  ({ text, contact }: ReplyText): Parsed<string> => {
    const phone = normalisePhone(contact?.phone ?? text, run.start.country);
    if ('e164' in phone) return { value: phone.e164 };
    return { problem: say(run.locale, `ask.phone_${phone.problem}`) };
  };

export const readName =
  (run: Run) =>
  ({ text, contact }: ReplyText): Parsed<string> => {
    const name = contact?.name || findName(text);
    return name ? { value: name } : { problem: say(run.locale, 'ask.name_none') };
  };

export const readNeed =
  (run: Run) =>
  ({ text }: ReplyText): Parsed<string> => {
    const need = text.trim();
    if (need === '') return { problem: say(run.locale, 'ask.text_needed') };
    if (need.length > MAX_NEED) return { problem: say(run.locale, 'ask.too_long', { max: MAX_NEED }) };
    return { value: need };
  };
