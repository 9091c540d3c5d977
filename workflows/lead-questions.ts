import { findName, normalisePhone } from '../domain/phone.ts';
import { say } from '../domain/texts/catalogue.ts';
import type { Parsed, Question, ReplyText } from './kit/ask.ts';
import type { Run } from './kit/run.ts';

const MAX_NEED = 2_000;

/** What one reply tells: at least what was asked for. */
interface Told {
  need?: string;
  name?: string;
  phone?: string;
}

/** What a lead asks for, in this order, in the language the customer wrote last. */
export const LEAD_QUESTIONS = {
  need: (run: Run): Question<Told> => ({
    ask: say(run.locale, 'lead.ask_need'),
    parse: readNeed(run),
    details: 'what they need',
  }),
  name: (run: Run): Question<Told> => ({
    ask: say(run.locale, 'lead.ask_name'),
    parse: readName(run),
    details: 'their name',
  }),
  /** Nobody is asked for a number before they have read what becomes of it. */
  phone: (run: Run, consentUrl: string | undefined): Question<Told> => ({
    ask: `${say(run.locale, 'lead.consent', { url: consentUrl })}\n\n${say(run.locale, 'lead.ask_phone')}`,
    parse: readPhone(run),
    requestContact: say(run.locale, 'lead.share_phone'),
    details: 'their phone',
  }),
};

const readPhone =
  (run: Run) =>
  ({ text, contact }: ReplyText): Parsed<Told> => {
    const phone = normalisePhone(contact?.phone ?? text, run.start.country);
    if ('e164' in phone) return { value: { phone: phone.e164 } };
    return { problem: say(run.locale, `ask.phone_${phone.problem}`) };
  };

const readName =
  (run: Run) =>
  ({ text, contact }: ReplyText): Parsed<Told> => {
    const name = contact?.name || findName(text);
    if (!name) return { problem: say(run.locale, 'ask.name_none') };
    // Whoever shares a card instead of writing a name has given the number on it as well.
    const phone = contact && normalisePhone(contact.phone, run.start.country);
    return { value: { name, ...(phone && 'e164' in phone ? { phone: phone.e164 } : {}) } };
  };

const readNeed =
  (run: Run) =>
  ({ text, contact }: ReplyText): Parsed<Told> => {
    const need = contact ? '' : text.trim();
    if (need === '') return { problem: say(run.locale, 'ask.text_needed') };
    if (need.length > MAX_NEED) return { problem: say(run.locale, 'ask.too_long', { max: MAX_NEED }) };
    return { value: { need } };
  };
