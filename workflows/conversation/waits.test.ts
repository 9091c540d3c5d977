import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../domain/envelope.ts';
import type { Wait } from '../kit/messages.ts';
import { Waits } from './waits.ts';

const wait = (run: string, id = run, expiresAt = 1_000_000): Wait => ({
  waitId: id,
  workflowId: run,
  choices: 2,
  expiresAt,
});
const written = (over: Partial<Envelope> = {}): Envelope => ({
  number: 1,
  messageId: 'm1',
  platformId: '50',
  kind: 'text',
  hasText: true,
  locale: 'ru',
  correlationId: 'c1',
  ...over,
});
const asking = (run: string, platformId = '40') => {
  const waits = new Waits();
  waits.register(wait(run), 0);
  waits.arm(run, platformId);
  return waits;
};

describe('waits', () => {
  it('a written message answers the question that was asked before it', () => {
    const waits = asking('a');
    expect(waits.route(written(), 1)).toMatchObject({ kind: 'deliver', wait: { waitId: 'a' } });
    expect(waits.route(written({ platformId: '39' }), 1)).toEqual({ kind: 'none' });
    expect(new Waits().route(written(), 1)).toEqual({ kind: 'none' });
  });

  it('a quote answers the question quoted, whatever its place', () => {
    expect(asking('a').route(written({ platformId: '39', replyTo: '40' }), 1).kind).toBe('deliver');
  });

  it('holds messages while a question is on its way, though not for ever', () => {
    const waits = new Waits();
    waits.register(wait('a'), 0);
    expect(waits.route(written(), 1_000)).toEqual({ kind: 'hold' });
    expect(waits.route(written(), waits.holdDue ?? 0)).toEqual({ kind: 'none' });
  });

  it('when nobody knows whether the question arrived, any message may be its reply', () => {
    expect(asking('a', '0').route(written({ platformId: '1' }), 1).kind).toBe('deliver');
  });

  it('asking again keeps the place and the id of the first asking', () => {
    const waits = asking('a');
    expect(waits.register(wait('a'), 5)).toBe('open');
    waits.arm('a', '60');
    expect(waits.open).toMatchObject([{ platformId: '40' }]);
  });

  it('the second run waits until the first is gone, also between two questions of the first', () => {
    const waits = asking('a');
    expect(waits.register(wait('b'), 0)).toBe('queued');
    expect(waits.register(wait('b'), 0)).toBe('queued');
    expect(waits.queued).toBe(1);
    waits.answer('a', 100, written());
    expect(waits.next).toBeUndefined();
    expect(waits.register(wait('b'), 200)).toBe('queued');
    expect(waits.register(wait('a', 'a2'), 300)).toBe('open');
    waits.answer('a2', 400);
    waits.closeRun('a');
    expect(waits.next?.waitId).toBe('b');
    expect(waits.register(wait('b'), 500)).toBe('open');
    expect(waits.queued).toBe(0);
  });

  it('a run that was answered and says nothing more keeps the others waiting only for a moment', () => {
    const waits = asking('a');
    waits.register(wait('b'), 0);
    waits.answer('a', 100);
    const due = waits.due ?? 0;
    expect(due).toBeLessThan(60_000);
    waits.expire(due);
    expect(waits.next?.waitId).toBe('b');
  });

  it('what has run out of time is dropped, open or queued', () => {
    const waits = asking('a');
    waits.register(wait('b', 'b', 2_000_000), 0);
    expect(waits.due).toBe(1_000_000);
    waits.expire(1_000_000);
    expect(waits.any).toBe(true);
    expect(waits.next?.waitId).toBe('b');
    waits.expire(2_000_000);
    expect(waits.any).toBe(false);
    expect(waits.due).toBeUndefined();
  });

  it('remembers pressed buttons, and not written replies, as pressed', () => {
    const waits = asking('a');
    waits.answer('a', 1);
    expect(waits.wasPressed('a')).toBe(true);
    expect(waits.wasPressed('b')).toBe(false);
    const other = asking('b');
    other.answer('b', 1, written());
    expect(other.wasPressed('b')).toBe(false);
  });

  it('a corrected reply goes to the same question, or to the run that asks on, or nowhere', () => {
    const edit = written({ number: 2, platformId: '50:e1', edits: '50' });
    const waits = asking('a');
    expect(waits.route(edit, 1)).toEqual({ kind: 'none' });
    waits.answer('a', 1, written());
    expect(waits.route(edit, 2)).toEqual({ kind: 'none' });
    waits.register(wait('a', 'a2'), 3);
    expect(waits.route(edit, 4)).toMatchObject({ kind: 'correct', answered: { waitId: 'a' } });
    waits.closeRun('a');
    waits.register(wait('a'), 5);
    expect(waits.route(edit, 6)).toMatchObject({ kind: 'deliver', wait: { waitId: 'a' } });
  });

  it('gives a reply back only to the run it was delivered to', () => {
    const waits = asking('a');
    waits.answer('a', 1, written());
    expect(waits.unread('a', 1)?.messageId).toBe('m1');
    expect(waits.unread('b', 1)).toBeUndefined();
    expect(waits.unread('a', 2)).toBeUndefined();
  });

  it('opens a question that cannot wait beside another one, which keeps what is written', () => {
    const waits = asking('a');
    expect(waits.register({ ...wait('urgent'), beside: true }, 1)).toBe('open');
    waits.arm('urgent', '45');
    expect(waits.route(written(), 2)).toMatchObject({ kind: 'deliver', wait: { waitId: 'a' } });
    expect(waits.byId('urgent')).toBeDefined();
    // The run whose question is open goes on asking; others still wait for their turn.
    expect(waits.register(wait('a', 'a2'), 3)).toBe('open');
    expect(waits.register(wait('b'), 4)).toBe('queued');
    waits.closeRun('a');
    expect(waits.next?.waitId).toBe('b');
    expect(waits.route(written(), 5)).toMatchObject({ kind: 'deliver', wait: { waitId: 'urgent' } });
  });

  it('survives a snapshot in JSON, and remembers only so much', () => {
    const waits = asking('a');
    waits.register(wait('b'), 0);
    for (let i = 0; i < 50; i++) {
      waits.register(wait('a', `a${i}`), i);
      waits.answer(`a${i}`, i, written({ number: i }));
    }
    const snapshot = JSON.parse(JSON.stringify(waits.snapshot()));
    expect(snapshot.answered.length).toBeLessThan(20);
    const restored = new Waits(snapshot);
    expect(restored.queued).toBe(1);
    expect(restored.unread('a', 49)).toBeDefined();
    expect(restored.next).toBeUndefined();
  });
});
