import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../domain/envelope.ts';
import { Inbox } from './inbox.ts';

const message = (number: number): Envelope => ({
  number,
  messageId: `m${number}`,
  platformId: String(100 + number),
  kind: 'text',
  hasText: true,
  locale: 'ru',
  correlationId: `c${number}`,
});
const numbers = (inbox: Inbox) => inbox.waiting.map((e) => e.number);

/** A small generator with a seed, so that a failure can be repeated. */
function random(seed: number) {
  let state = seed;
  return (below: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state % below;
  };
}

describe('inbox', () => {
  it('brings any order, with any repetition, into the order of the numbers', () => {
    for (let seed = 1; seed <= 200; seed++) {
      const next = random(seed);
      const inbox = new Inbox(0);
      const all = Array.from({ length: 12 }, (_, i) => message(i + 1));
      const pool = [...all, ...all, ...all];
      while (pool.length > 0) inbox.add(pool.splice(next(pool.length), 1 + next(3)));
      expect(numbers(inbox), `seed ${seed}`).toEqual(all.map((e) => e.number));
    }
  });

  it('knows which numbers are missing, and takes them when they are fetched', () => {
    const inbox = new Inbox(2);
    inbox.add([message(6), message(4)]);
    expect(inbox.gap).toEqual({ after: 2, before: 4 });
    inbox.add([message(3)]);
    expect(numbers(inbox)).toEqual([3, 4]);
    expect(inbox.gap).toEqual({ after: 4, before: 6 });
    inbox.skipGap();
    expect(numbers(inbox)).toEqual([3, 4, 6]);
    expect(inbox.gap).toBeUndefined();
  });

  it('drops what is at or below its mark', () => {
    const inbox = new Inbox(5);
    inbox.add([message(1), message(5)]);
    expect(inbox.idle).toBe(true);
    expect(inbox.mark).toBe(5);
  });

  it('its mark never passes a message that is not done, also over a snapshot', () => {
    let inbox = new Inbox(0);
    inbox.add([1, 2, 3, 4].map(message));
    for (const number of [1, 2, 3]) inbox.take(number);
    inbox.done([1, 3]);
    expect(inbox.mark).toBe(1);
    inbox.add([message(6)]);
    inbox = Inbox.restore(JSON.parse(JSON.stringify(inbox.snapshot())));
    expect(inbox.mark).toBe(1);
    expect(inbox.gap).toEqual({ after: 4, before: 6 });
    inbox.done([2]);
    expect(inbox.mark).toBe(3);
    inbox.take(4);
    inbox.done([4]);
    expect(inbox.mark).toBe(4);
    expect(inbox.idle).toBe(false);
  });
});
