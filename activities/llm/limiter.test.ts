import { expect, test } from 'vitest';
import { createLimiter } from './limiter.ts';

const never = new AbortController().signal;

test('no more than the given places are taken, and waiters come in order', async () => {
  const limiter = createLimiter(1);
  const release = await limiter.acquire(never);
  const order: number[] = [];
  const waiters = [1, 2].map(async (n) => {
    const done = await limiter.acquire(never);
    order.push(n);
    done();
  });
  await Promise.resolve();
  expect(order).toEqual([]);
  release();
  await Promise.all(waiters);
  expect(order).toEqual([1, 2]);
});

test('a waiter that gives up leaves the queue and takes no place', async () => {
  const limiter = createLimiter(1);
  const release = await limiter.acquire(never);
  const impatient = new AbortController();
  const waiting = limiter.acquire(impatient.signal);
  const patient = limiter.acquire(never);
  impatient.abort(new Error('enough'));
  await expect(waiting).rejects.toThrow('enough');
  release();
  (await patient)();
  await expect(limiter.acquire(never)).resolves.toBeTypeOf('function');
});

test('giving a place back twice frees one place only', async () => {
  const limiter = createLimiter(1);
  const release = await limiter.acquire(never);
  release();
  release();
  await limiter.acquire(never);
  const second = new AbortController();
  const waiting = limiter.acquire(second.signal);
  second.abort(new Error('still taken'));
  await expect(waiting).rejects.toThrow('still taken');
});
