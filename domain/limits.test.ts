import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { aboveLimit } from './limits.ts';

describe('the limit of messages', () => {
  it('serves so many in a window, and again when the first of them is out of it', () => {
    expect(aboveLimit([], [0, 10, 20, 30], 3, 100)).toEqual([false, false, false, true]);
    expect(aboveLimit([0, 10, 20], [99, 100, 105, 110], 3, 100)).toEqual([true, false, true, false]);
  });

  it('never serves more than so many in any window, and never refuses who keeps to it', () => {
    const gaps = fc.array(fc.integer({ min: 0, max: 60 }), { maxLength: 200 });
    fc.assert(
      fc.property(gaps, fc.integer({ min: 1, max: 10 }), (steps, limit) => {
        let now = 0;
        const times = steps.map((step) => {
          now += step;
          return now;
        });
        const above = aboveLimit([], times, limit, 100);
        const served = times.filter((_, at) => !above[at]);
        for (const at of served) {
          expect(served.filter((other) => other > at - 100 && other <= at).length).toBeLessThanOrEqual(limit);
        }
        times.forEach((at, index) => {
          const before = times.filter((other, n) => n < index && !above[n] && at - other < 100);
          if (above[index]) expect(before).toHaveLength(limit);
        });
      }),
      { numRuns: 300 },
    );
  });

  it('decides the same in one batch as in several', () => {
    const times = Array.from({ length: 50 }, (_, n) => n * 7);
    const whole = aboveLimit([], times, 5, 100);
    const first = aboveLimit([], times.slice(0, 20), 5, 100);
    const served = times.slice(0, 20).filter((_, n) => !first[n]);
    expect([...first, ...aboveLimit(served, times.slice(20), 5, 100)]).toEqual(whole);
  });
});
