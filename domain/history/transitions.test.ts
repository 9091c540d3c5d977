import { describe, expect, it } from 'vitest';
import { RUN_STATES } from '../run.ts';
import { isFinal, mayBecome, mayFollow } from './transitions.ts';

describe('the table of transitions', () => {
  it('lets nothing follow an end', () => {
    const ends = RUN_STATES.filter(isFinal);
    expect(ends).toEqual(['succeeded', 'degraded', 'failed', 'cancelled']);
    for (const from of ends) {
      for (const to of RUN_STATES) expect(mayFollow(from, to)).toBe(false);
      expect(RUN_STATES.filter((to) => mayBecome(from, to))).toEqual([from]);
    }
  });

  it('lets nothing return to the queue', () => {
    for (const from of RUN_STATES) expect(mayBecome(from, 'queued')).toBe(from === 'queued');
  });

  it('lets a late reading skip states but not one event', () => {
    expect(mayBecome('queued', 'degraded')).toBe(true);
    expect(mayFollow('queued', 'degraded')).toBe(false);
  });
});
