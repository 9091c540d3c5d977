import { describe, expect, it } from 'vitest';
import { PROCESSES } from '../../workflows/registry.ts';
import { PATHS } from '../replay/paths.ts';
import { boundariesOf, merged, missing, readBoundaries, readGone } from './boundaries.ts';
import { KINDS } from './boundary.ts';

const list = readBoundaries();
const again = '`npm run chaos -- --record` walks it and adds it to the list';

describe('the list of boundaries', () => {
  it.each(PROCESSES.map(({ name }) => name))(`has some of %s (${again})`, (process) => {
    const kinds = new Set(boundariesOf(list, process).map(({ kind }) => kind));
    expect([...kinds].sort()).toEqual([...KINDS].sort());
  });

  it(`knows what every path brings about (${again})`, () => {
    expect(Object.keys(list.paths).sort()).toEqual(PATHS.map(({ name }) => name).sort());
  });

  it('names paths that exist only', () => {
    const names = new Set(PATHS.map(({ name }) => name));
    expect(
      Object.values(list.boundaries)
        .flat()
        .filter((name) => !names.has(name)),
    ).toEqual([]);
  });

  it('says of everything that is gone why, and lists it no more', () => {
    for (const [id, reason] of Object.entries(readGone())) {
      expect(reason.trim().split(/\s+/).length, id).toBeGreaterThan(2);
      expect(list.boundaries).not.toHaveProperty([id]);
    }
  });
});

it('keeps what is known of paths that are not walked anew, and forgets those that are gone', () => {
  const profile = { runs: {}, says: 0, leads: 0 };
  const before = {
    boundaries: { a: ['p', 'q'], b: ['q'], c: ['r'] },
    paths: { p: profile, q: profile, r: profile },
  };
  const anew = { boundaries: { d: ['q'] }, paths: { q: profile } };
  expect(merged(before, anew, ['p', 'q'])).toEqual({
    boundaries: { a: ['p'], d: ['q'] },
    paths: { p: profile, q: profile },
  });
});

describe('a list that shrinks', () => {
  const before = { boundaries: { 'a/b/c/1/told': ['p'], 'a/b/d/1/told': ['p'] }, paths: {} };
  const after = { boundaries: { 'a/b/c/1/told': ['p'] }, paths: {} };

  it('is refused, unless a reason is noted', () => {
    expect(missing(before, after, {})).toEqual(['a/b/d/1/told']);
    expect(missing(before, after, { 'a/b/d/1/told': ' ' })).toEqual(['a/b/d/1/told']);
    expect(missing(before, after, { 'a/b/d/1/told': 'The step was taken out.' })).toEqual([]);
    expect(missing(after, before, {})).toEqual([]);
  });
});
