/** Text that goes around, before or in the place of a part of a file. */
export interface Wrap {
  start: number;
  end: number;
  /** Gets the part, with everything that is to happen inside it. */
  render(inner: string): string;
}

/** Applies all wraps, the inner ones within the outer; of two around the same part the first given is the inner one. */
export function weave(text: string, wraps: readonly Wrap[]): string {
  const order = wraps
    .map((wrap, given) => ({ wrap, given }))
    .sort((a, b) => a.wrap.start - b.wrap.start || b.wrap.end - a.wrap.end || b.given - a.given)
    .map(({ wrap }) => wrap);
  let next = 0;

  function upTo(start: number, end: number): string {
    let at = start;
    let woven = '';
    for (let wrap = order[next]; wrap !== undefined && wrap.start < end; wrap = order[next]) {
      if (wrap.end > end) throw new Error(`Two edits overlap at ${wrap.start}.`);
      next++;
      woven += text.slice(at, wrap.start) + wrap.render(upTo(wrap.start, wrap.end));
      at = wrap.end;
    }
    return woven + text.slice(at, end);
  }
  return upTo(0, text.length);
}
