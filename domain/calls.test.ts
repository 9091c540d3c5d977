import { describe, expect, it } from 'vitest';
import { type CallRecord, countCalls } from './calls.ts';

const T = Date.parse('2026-11-01T09:00:00Z');

describe('calls of a lead', () => {
  it('are counted by whether somebody spoke', () => {
    const calls: CallRecord[] = [
      { names: ['a'], answered: true, seconds: 61, at: T },
      { names: ['b'], answered: false, at: T + 1000 },
      { names: ['c'], answered: true, seconds: 0.6 },
      { names: ['d'] },
    ];
    expect(countCalls(calls)).toEqual({
      answered: 2,
      missed: 2,
      seconds: 62,
      lastAt: '2026-11-01T09:00:01.000Z',
    });
    expect(countCalls([])).toEqual({ answered: 0, missed: 0, seconds: 0 });
  });

  it('are one call when two sources tell of it, and the first source is believed', () => {
    const told: CallRecord = { names: ['stat:1', 'activity:7'], answered: true, seconds: 90 };
    const noted: CallRecord = { names: ['activity:7'], answered: false, seconds: 120, at: T };
    expect(countCalls([told, noted])).toMatchObject({ answered: 1, missed: 0, seconds: 90 });
    expect(countCalls([noted, told])).toMatchObject({ answered: 0, missed: 1, seconds: 0 });
    // What the first one does not know, the second one may.
    expect(countCalls([told, noted]).lastAt).toBe('2026-11-01T09:00:00.000Z');
  });

  it('are joined by a record that knows both names', () => {
    const records: CallRecord[] = [
      { names: ['a'], answered: true, seconds: 5 },
      { names: ['b'], answered: true, seconds: 5 },
      { names: ['a', 'b'] },
    ];
    expect(countCalls(records)).toMatchObject({ answered: 1, seconds: 5 });
  });

  it('never last less than nothing', () => {
    expect(countCalls([{ names: ['a'], answered: true, seconds: -30 }]).seconds).toBe(0);
  });
});
