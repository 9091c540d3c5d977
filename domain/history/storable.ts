const MAX_TEXT = 2_000;
// A NUL or half a surrogate pair is legal in JavaScript and refused by PostgreSQL.
const UNSTORABLE = /\0|\p{Surrogate}/gu;
const REPLACEMENT = '\u{FFFD}';

const clean = (text: string): string => text.replace(UNSTORABLE, REPLACEMENT);

/** Text as the database can hold it: at most 2000 UTF-16 units, no NUL, no half characters. */
export function storableText(text: string): string {
  return clean(text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT - 1)}…` : text);
}

/** A JSON value as the database can hold it. What JSON does not know becomes null. */
export function storableJson(value: unknown): unknown {
  if (typeof value === 'string') return clean(value);
  if (typeof value === 'number') return Number.isFinite(value) ? value : null;
  if (typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map(storableJson);
  if (typeof value !== 'object' || value === null) return null;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== undefined)
      .map(([key, inner]) => [clean(key), storableJson(inner)]),
  );
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** The id in the database's own spelling, or null for anything that is not a UUID. */
export const storableId = (value: unknown): string | null =>
  typeof value === 'string' && UUID.test(value) ? value.toLowerCase() : null;
