const JOINS_LEFT = /^(?:\p{M}|\u200c|\u200d|[\u{1f3fb}-\u{1f3ff}\u{e0020}-\u{e007f}\u1160-\u11ff])/u;
const REGIONAL = /^\p{Regional_Indicator}$/u;
const ZWJ = 0x200d;

/** How far a cluster is followed back. Longer ones (stacked accents without end) are not worth keeping whole. */
const MAX_CLUSTER_UNITS = 64;

const isHigh = (unit: number): boolean => unit >= 0xd800 && unit <= 0xdbff;
const isLow = (unit: number): boolean => unit >= 0xdc00 && unit <= 0xdfff;

/** Whether a position lies between the two halves of a surrogate pair. */
export const splitsPair = (text: string, at: number): boolean =>
  at > 0 && at < text.length && isHigh(text.charCodeAt(at - 1)) && isLow(text.charCodeAt(at));

const codePointBefore = (text: string, at: number): number =>
  text.codePointAt(splitsPair(text, at - 1) ? at - 2 : at - 1) ?? 0;

/** Flags are pairs of regional indicators: between the two of one pair there is no border. */
function splitsFlag(text: string, at: number): boolean {
  let before = 0;
  let position = at;
  while (position >= 2 && REGIONAL.test(String.fromCodePoint(codePointBefore(text, position)))) {
    before++;
    position -= 2;
  }
  return before % 2 === 1;
}

/**
 * Whether a text may be cut before position `at` without breaking what a reader sees as one character:
 * surrogate pairs, accents, variation selectors, skin tones, joined emoji, keycaps, flags, CR LF.
 * Own rule rather than `Intl.Segmenter`, whose answers change with the host's Unicode version.
 */
export function isGraphemeBorder(text: string, at: number): boolean {
  if (at <= 0 || at >= text.length) return true;
  if (splitsPair(text, at)) return false;
  const next = text.codePointAt(at) ?? 0;
  if (next === 0x0a && text.charCodeAt(at - 1) === 0x0d) return false;
  const char = String.fromCodePoint(next);
  const before = codePointBefore(text, at);
  // An accent after a line break stands alone.
  if (before === 0x0a || before === 0x0d) return true;
  if (JOINS_LEFT.test(char)) return false;
  if (before === ZWJ) return false;
  if (REGIONAL.test(char)) return !splitsFlag(text, at);
  return true;
}

/** The last place at or before `limit`, and after `start`, where a hard cut breaks no character. */
export function hardCut(text: string, start: number, limit: number): number {
  const floor = Math.max(start + 1, limit - MAX_CLUSTER_UNITS);
  for (let at = limit; at >= floor; at--) if (isGraphemeBorder(text, at)) return at;
  if (!splitsPair(text, limit)) return limit;
  return limit - 1 > start ? limit - 1 : limit + 1;
}
