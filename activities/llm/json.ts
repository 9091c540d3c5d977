/** The value, or undefined where the text is no JSON: then nothing of the text travels on, in no error either. */
export function parseJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** Longer texts are no answer to a question for JSON; the limit keeps the search cheap. */
const MAX_LENGTH = 200_000;
const MAX_STARTS = 50;

/**
 * Takes thinking aloud off the front of an answer. A thought that never ends was cut off: nothing
 * of the answer is left then.
 */
export function withoutThinking(text: string): string {
  const trimmed = text.replace(/^\uFEFF/, '').trim();
  const closed = trimmed.lastIndexOf('</think>');
  if (/^<think>/i.test(trimmed) || (closed >= 0 && !trimmed.includes('<think>'))) {
    return closed < 0 ? '' : trimmed.slice(closed + '</think>'.length).trim();
  }
  return trimmed;
}

/**
 * Everything in a model's answer that parses as JSON, most likely first: the whole text, fenced
 * blocks, then each balanced object or array in the order of appearance.
 */
export function* jsonCandidates(text: string): Generator<unknown> {
  const clean = withoutThinking(text).slice(0, MAX_LENGTH);
  const whole = parseJson(clean);
  if (whole !== undefined) {
    yield whole;
    return;
  }
  for (const match of clean.matchAll(/```[\w-]*\s*\n?([\s\S]*?)```/g)) {
    const fenced = parseJson((match[1] ?? '').trim());
    if (fenced !== undefined) yield fenced;
  }
  let from = 0;
  for (let starts = 0; starts < MAX_STARTS; starts += 1) {
    const start = nextOpening(clean, from);
    if (start < 0) return;
    const end = balancedEnd(clean, start);
    const found = end < 0 ? undefined : parseJson(clean.slice(start, end));
    if (found !== undefined) yield found;
    from = found === undefined ? start + 1 : end;
  }
}

function nextOpening(text: string, from: number): number {
  for (let i = from; i < text.length; i += 1) {
    if (text[i] === '{' || text[i] === '[') return i;
  }
  return -1;
}

/** Index after the bracket that closes the one at `start`, or -1. Brackets in strings do not count. */
function balancedEnd(text: string, start: number): number {
  let depth = 0;
  let inString = false;
  for (let i = start; i < text.length; i += 1) {
    const char = text[i];
    if (inString) {
      if (char === '\\') i += 1;
      else if (char === '"') inString = false;
    } else if (char === '"') inString = true;
    else if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') {
      depth -= 1;
      if (depth === 0) return i + 1;
    }
  }
  return -1;
}
