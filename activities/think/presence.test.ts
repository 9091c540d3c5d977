import { describe, expect, it } from 'vitest';
import { patienceLeft } from './presence.ts';

describe('patience', () => {
  const now = 1_000_000;
  const left = (waitedMs: number) => patienceLeft(3_000, new Date(now - waitedMs), now);

  it('is counted from the arrival of the message', () => {
    expect(left(0)).toBe(3_000);
    expect(left(1_200)).toBe(1_800);
  });

  it('is never so short that an answer at hand is announced, as after an outage', () => {
    expect(left(2_500)).toBe(1_500);
    expect(left(3_600_000)).toBe(1_500);
  });

  it('is never longer than it is, whatever the clocks of two machines say', () => {
    expect(left(-60_000)).toBe(3_000);
    expect(patienceLeft(3_000, undefined, now)).toBe(3_000);
  });
});
