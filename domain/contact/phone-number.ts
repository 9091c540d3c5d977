import { type CountryCode, isSupportedCountry, parsePhoneNumberFromString } from 'libphonenumber-js/max';

export type PhoneProblem = 'none' | 'too_short' | 'invalid';
export type PhoneReading = { e164: string } | { problem: PhoneProblem };

/** A phone number and where it stands in the text as `plainText` gives it. */
interface LocatedPhone {
  e164: string;
  start: number;
  end: number;
}

/** A bound on the work that a hostile message causes. */
const MAX_LENGTH = 2_000;
const RUN = /(?<![\p{L}\d])(?:\+\s?)?\(?\d[\d\s().-]{3,}\d/gu;
const DATE = /^(?:\d{1,2}([.\-\s])\d{1,2}\1\d{2,4}|\d{4}-\d{1,2}-\d{1,2})\b/u;
const NOT_A_PHONE_AFTER =
  /(?:заказ\p{L}*|накладн\p{L}*|договор\p{L}*|сч[её]т\p{L}*|трек\p{L}*|артикул\p{L}*|карт\p{L}*|иин|бин|инн|№|#|тапсырыс\p{L}*|шот\p{L}*|order|invoice|tracking|card|id)\s*(?:номер\p{L}*|number|no\.?|нөмірі)?[\s:№#-]*$/iu;
const MONEY_FOLLOWS = /^\s*(?:тг|тенге|теңге|₸|руб|р\.|₽|\$|€|usd|kzt|rub|eur|тыс|млн)/iu;
/** Calling codes of neighbours whose numbers are often written without a plus. */
const NEIGHBOURS = /^(?:998|996|992|993|994|995|374|375|380|90)/u;

/** Typographic dashes, spaces and wide digits as plain ones: offsets refer to this form. */
export const plainText = (text: string): string =>
  text
    .slice(0, MAX_LENGTH)
    .normalize('NFKC')
    .replace(/[‐-―−]/gu, '-');

/**
 * The first phone number in a text as E.164, or why there is none. Local forms are read by
 * `defaultCountry` (ISO 3166 alpha-2). Orders, dates, sums and identity numbers are no phones.
 */
export function normalisePhone(text: string, defaultCountry: string): PhoneReading {
  const found = locatePhone(plainText(text), defaultCountry);
  return 'e164' in found ? { e164: found.e164 } : found;
}

/** As `normalisePhone`, for a text that `plainText` has prepared. */
export function locatePhone(plain: string, defaultCountry: string): LocatedPhone | { problem: PhoneProblem } {
  let problem: PhoneProblem = 'none';
  for (const match of plain.matchAll(RUN)) {
    const run = match[0];
    const end = match.index + run.length;
    if (NOT_A_PHONE_AFTER.test(plain.slice(Math.max(0, match.index - 40), match.index))) continue;
    if (MONEY_FOLLOWS.test(plain.slice(end, end + 12))) continue;
    const phone = readRun(run, match.index, defaultCountry);
    if (phone) return phone;
    if (problem === 'none') problem = problemOf(run);
  }
  return { problem };
}

function problemOf(run: string): PhoneProblem {
  const digits = run.replace(/\D/gu, '');
  if (DATE.test(run) || isIdentityNumber(digits)) return 'none';
  if (digits.length < 5) return 'none';
  const expected = /^[78]/u.test(digits) || run.startsWith('+7') ? 11 : 10;
  return digits.length < expected ? 'too_short' : 'invalid';
}

/** The whole run, or else the words of it that make a phone: "8 701 123 45 67 14 лет". */
function readRun(run: string, at: number, country: string): LocatedPhone | undefined {
  const whole = readWhole(run, country);
  if (whole) return { e164: whole, start: at, end: at + run.length };
  const words = [...run.matchAll(/\S+/gu)];
  for (const [first, from] of words.entries()) {
    for (const to of words.slice(first, first + 8)) {
      const end = to.index + to[0].length;
      const part = run.slice(from.index, end);
      const digits = part.replace(/\D/gu, '');
      if (digits.length > 15) break;
      if (!part.startsWith('+') && !/^[78]\d{10}$/u.test(digits)) continue;
      const e164 = readWhole(part, country);
      if (e164) return { e164, start: at + from.index, end: at + end };
    }
  }
  return undefined;
}

function readWhole(run: string, country: string): string | undefined {
  const digits = run.replace(/\D/gu, '');
  if (digits.length < 7 || digits.length > 17 || DATE.test(run)) return undefined;
  if (run.startsWith('+')) return international(digits);
  if (digits.startsWith('00')) return international(digits.slice(2));
  if (digits.length === 11 && digits.startsWith('8') && sharesPlusSeven(country))
    return international(`7${digits.slice(1)}`);
  const local = national(digits, country);
  if (local) return local;
  if (/^[78]\d{10}$/u.test(digits)) return international(`7${digits.slice(1)}`);
  return NEIGHBOURS.test(digits) && digits.length >= 11 && !isIdentityNumber(digits)
    ? international(digits)
    : undefined;
}

const sharesPlusSeven = (country: string): boolean => country === 'KZ' || country === 'RU';

function international(digits: string): string | undefined {
  const phone = parsePhoneNumberFromString(`+${digits}`);
  return phone?.isValid() ? phone.number : undefined;
}

/** Digits as dialled inside the country; a number that turns out to be another country's is none. */
function national(digits: string, country: string): string | undefined {
  if (!isCountry(country)) return undefined;
  const phone = parsePhoneNumberFromString(digits, country);
  return phone?.isValid() && phone.country === country && !isIdentityNumber(digits)
    ? phone.number
    : undefined;
}

const isCountry = (country: string): country is CountryCode => isSupportedCountry(country as CountryCode);

/** Kazakhstan's IIN: twelve digits that begin with a date of birth, then the century and sex. */
const isIdentityNumber = (digits: string): boolean =>
  /^\d{2}(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])[0-6]\d{5}$/u.test(digits);
