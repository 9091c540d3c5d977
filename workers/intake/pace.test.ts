import { describe, expect, it } from 'vitest';
import { createPace } from './pace.ts';

describe('a pace', () => {
  it('lets a burst through at once and then one turn in its time, for each key by itself', () => {
    let now = 1_000_000;
    const { take } = createPace({ burst: 3, everyMs: 100 }, () => now);
    expect([take('a'), take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 100, 200]);
    expect(take('b')).toBe(0);
    now += 200;
    expect(take('a')).toBe(100);
    now += 10_000;
    expect([take('a'), take('a'), take('a'), take('a')]).toEqual([0, 0, 0, 100]);
  });

  it('forgets keys that have rested', () => {
    let now = 0;
    const pace = createPace({ burst: 2, everyMs: 100 }, () => now);
    for (let key = 0; key < 1_000; key++) pace.take(`k${key}`);
    now += 1_000;
    for (let key = 0; key < 10; key++) pace.take(`n${key}`);
    expect(pace.size).toBe(10);
  });
});
