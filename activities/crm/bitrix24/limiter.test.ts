import { describe, expect, it } from 'vitest';
import { createBackoff } from './backoff.ts';
import { type Clock, createLimiter, LimiterFull } from './limiter.ts';

/** A clock that moves only when told, firing timers in order. */
function fakeClock(): Clock & { advance(ms: number): Promise<void>; pending(): number } {
  let time = 0;
  const timers = new Map<number, { at: number; callback: () => void }>();
  let nextId = 0;
  return {
    now: () => time,
    after: (ms, callback) => {
      const id = nextId++;
      timers.set(id, { at: time + ms, callback });
      return () => timers.delete(id);
    },
    pending: () => timers.size,
    async advance(ms) {
      await Promise.resolve();
      const end = time + ms;
      for (;;) {
        const due = [...timers].filter(([, { at }]) => at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
        if (due === undefined) break;
        timers.delete(due[0]);
        time = Math.max(time, due[1].at);
        due[1].callback();
        await Promise.resolve();
      }
      time = end;
      await Promise.resolve();
    },
  };
}

const never = new AbortController().signal;

/** Asks `count` times and notes at which moment each was let through, in order. */
function ask(limiter: ReturnType<typeof createLimiter>, clock: Clock, count: number) {
  const gone: Array<[name: number, at: number]> = [];
  const asked = Array.from({ length: count }, (_, name) =>
    limiter.acquire(never).then(() => gone.push([name, clock.now()])),
  );
  return { gone, all: Promise.all(asked) };
}

describe('limiter', () => {
  it('lets a burst go at once and the rest at the drain rate, in the order of asking', async () => {
    const clock = fakeClock();
    const limiter = createLimiter({ perSecond: 2, burst: 3, clock });
    const { gone, all } = ask(limiter, clock, 6);
    await clock.advance(10_000);
    await all;
    expect(gone).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
      [3, 500],
      [4, 1000],
      [5, 1500],
    ]);
    expect(clock.pending()).toBe(0);
  });

  it('never exceeds burst + rate × time in any window, however the calls come', async () => {
    const clock = fakeClock();
    const limiter = createLimiter({ perSecond: 2, burst: 5, maxWaitMs: 1e9, clock });
    const gone: number[] = [];
    for (let i = 0; i < 60; i += 1) {
      void limiter.acquire(new AbortController().signal).then(() => gone.push(clock.now()));
      await clock.advance((i * 7919) % 700);
    }
    await clock.advance(60_000);
    expect(gone).toHaveLength(60);
    for (const [i, from] of gone.entries()) {
      for (const [j, to] of gone.entries()) {
        if (j >= i) expect(j - i + 1).toBeLessThanOrEqual(5 + ((to - from) / 1000) * 2 + 1e-6);
      }
    }
  });

  it('a newcomer never overtakes one who waits', async () => {
    const clock = fakeClock();
    const limiter = createLimiter({ perSecond: 1, burst: 1, clock });
    const order: string[] = [];
    const note = (name: string) => limiter.acquire(never).then(() => order.push(name));
    const first = [note('a'), note('b')];
    await clock.advance(999);
    const last = note('c');
    await clock.advance(5000);
    await Promise.all([...first, last]);
    expect(order).toEqual(['a', 'b', 'c']);
  });

  it('an aborted waiter leaves the queue with its reason and its place goes to the next', async () => {
    const clock = fakeClock();
    const limiter = createLimiter({ perSecond: 1, burst: 1, clock });
    await limiter.acquire(never);
    const abort = new AbortController();
    const reason = new Error('cancelled');
    const second = limiter.acquire(abort.signal);
    let third = -1;
    const after = limiter.acquire(never).then(() => {
      third = clock.now();
    });
    abort.abort(reason);
    await expect(second).rejects.toBe(reason);
    await clock.advance(1000);
    await after;
    expect(third).toBe(1000);
    await expect(limiter.acquire(abort.signal)).rejects.toBe(reason);
  });

  it('turns away at once who would wait too long, and says how long', async () => {
    const clock = fakeClock();
    const limiter = createLimiter({ perSecond: 1, burst: 1, maxWaitMs: 2000, clock });
    const { all } = ask(limiter, clock, 3);
    const refused = await limiter.acquire(never).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(LimiterFull);
    expect(refused).toMatchObject({ retryAfterMs: 3000 });
    await clock.advance(2000);
    await all;
  });

  it('after a pause calls go one by one, without a burst', async () => {
    const clock = fakeClock();
    const limiter = createLimiter({ perSecond: 2, burst: 5, clock });
    limiter.pause(3000);
    limiter.pause(1000);
    const { gone, all } = ask(limiter, clock, 3);
    await clock.advance(10_000);
    await all;
    expect(gone.map(([, at]) => at)).toEqual([3000, 3500, 4000]);
  });

  it('a pause longer than the longest wait sends the waiters away', async () => {
    const clock = fakeClock();
    const limiter = createLimiter({ perSecond: 1, burst: 1, maxWaitMs: 5000, clock });
    await limiter.acquire(never);
    const waiting = limiter.acquire(never);
    limiter.pause(30_000);
    await expect(waiting).rejects.toMatchObject({ name: 'LimiterFull', retryAfterMs: 30_000 });
    await clock.advance(30_000);
    await expect(limiter.acquire(never)).resolves.toBeUndefined();
  });
});

describe('backoff', () => {
  it('doubles with every refusal up to its limit and starts over after a success', () => {
    const backoff = createBackoff({ baseMs: 1000, maxMs: 5000 });
    expect([0, 10, 20, 30].map((at) => backoff.failed(at, at + 1))).toEqual([1000, 2000, 4000, 5000]);
    backoff.succeeded(40);
    expect(backoff.failed(50, 51)).toBe(1000);
  });

  it('calls that were in flight together count once', () => {
    const backoff = createBackoff();
    expect(backoff.failed(0, 100)).toBe(1000);
    expect(backoff.failed(1, 101)).toBe(1000);
    backoff.succeeded(2);
    expect(backoff.failed(200, 201)).toBe(2000);
  });
});
