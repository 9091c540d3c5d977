import { foldCyrillic, shortenRepeats, unmixAlphabets } from '../fold.ts';

/** A bound on the work that a hostile message causes; an intent shows in its first sentences. */
const MAX_LENGTH = 600;

/** Stands for a run of digits long enough to be a phone number, so that word lists can name it. */
const PHONE_TOKEN = '#phone';

/**
 * The words of a text in one comparable form: lower case, ё and Kazakh letters as plain Russian ones,
 * Latin look-alikes and drawn-out letters undone, punctuation gone except "?", which is a word of its own. Head counts ("20 человек") are left out.
 */
export function tokens(text: string): string[] {
  const prose = text
    .slice(0, MAX_LENGTH)
    .replace(/https?:\/\/\S+/gu, ' ')
    .replace(/\d+\s*(?:человек\p{L}*|чел|адам\p{L}*|people|persons?)(?!\p{L})/giu, ' ')
    .replace(/\+?\d[\d\s().–-]{8,}\d/gu, (run) => (isPhoneLong(run) ? ` ${PHONE_TOKEN} ` : run));
  return fold(prose).match(/#phone|\p{L}+(?:['’]\p{L}+)?|\d+|\?/gu) ?? [];
}

/** One word or phrase of a lexicon in the same form. */
export const fold = (text: string): string =>
  foldCyrillic(shortenRepeats(unmixAlphabets(text.normalize('NFC').toLowerCase())))
    .replace(/ы/gu, 'и')
    .replace(/[’']/gu, '');

const isPhoneLong = (run: string): boolean => /^\d{10,15}$/u.test(run.replace(/\D/gu, ''));
