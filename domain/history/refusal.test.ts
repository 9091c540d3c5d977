import { describe, expect, it } from 'vitest';
import type { HistoryEvent } from './event.ts';
import { foldAll } from './fold.ts';
import { FoldError } from './state.ts';
import { activity, completed, ended, history, other, started, TENANT, taken } from './testing.ts';

const run = (events: HistoryEvent[]) => {
  const { run: folded } = foldAll(events);
  if (folded === null) throw new Error('no run');
  return folded;
};

const open = [started(), other, taken];

describe('what cannot be', () => {
  const impossible = (events: HistoryEvent[]): number => {
    try {
      foldAll(events);
    } catch (error) {
      if (error instanceof FoldError) return error.eventId;
      throw error;
    }
    throw new Error('folded');
  };

  it('is refused with the number of the event', () => {
    const events = history(...open, other, completed(), other);
    expect(impossible(events)).toBe(6);
    expect(impossible(events.filter(({ id }) => id !== 4))).toBe(5);
    expect(impossible([...events.slice(0, 3), ...events.slice(2, 3)])).toBe(3);
    expect(impossible(events.slice(1))).toBe(2);
    expect(impossible(history(...open, started()))).toBe(4);
    expect(impossible(history(...open, ended(2)))).toBe(4);
    expect(impossible(history(...open, activity('1'), ended(4), ended(4)))).toBe(6);
    expect(impossible(history(started({ memo: {} })))).toBe(1);
  });

  it('includes a success of a run that never ran', () => {
    expect(impossible(history(started(), completed()))).toBe(2);
  });
});

describe('what users write', () => {
  it('is stored without what PostgreSQL refuses, and cannot name ids', () => {
    const hostile = history(
      started({
        input: { input: { 'a\0': ['x\0y', '\ud83d', Number.POSITIVE_INFINITY, undefined] } },
        memo: { tenantId: TENANT.toUpperCase(), customerId: "'; drop", details: 'x'.repeat(9_000) },
      }),
    );
    const folded = run(hostile);
    expect(folded.input).toEqual({ 'a\u{FFFD}': ['x\u{FFFD}y', '\u{FFFD}', null, null] });
    expect(folded).toMatchObject({
      tenantId: TENANT,
      customerId: null,
      correlationId: 'lead/1',
      processId: 'lead',
    });
    expect(folded.details).toHaveLength(2_000);
  });
});
