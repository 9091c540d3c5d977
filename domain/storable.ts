const REPLACEMENT = '\uFFFD';

/**
 * The value as PostgreSQL can keep it: text and jsonb refuse U+0000 and half surrogate pairs, which a
 * JSON document may well contain. Both become U+FFFD, in keys too. Anything else is the same value.
 */
export function storable<T>(value: T): T {
  return clean(value) as T;
}

function clean(value: unknown): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (Array.isArray(value)) return value.map(clean);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [cleanText(key), clean(item)]));
}

// With the u flag a pair counts as one character, so only halves match.
const cleanText = (text: string): string =>
  text.replace(/\p{Surrogate}/gu, REPLACEMENT).replaceAll('\u0000', REPLACEMENT);
