import { describe, expect, it } from 'vitest';
import { createBatches } from './batches.ts';

/** Batches that end when they are told to. */
function held(lanes: number, max = 10) {
  const begun: { items: readonly string[]; end(): void; fail(error: Error): void }[] = [];
  const batches = createBatches({
    lanes,
    max,
    keyOf: (item: string) => item[0] ?? '',
    run: (items) =>
      new Promise<string[]>((resolve, reject) => {
        begun.push({ items, end: () => resolve(items.map((item) => `${item}!`)), fail: reject });
      }),
  });
  return { batches, begun };
}

describe('batches', () => {
  it('let nobody wait for company, and take together what came meanwhile', async () => {
    const { batches, begun } = held(1);
    const first = batches.add('a1');
    const others = [batches.add('b1'), batches.add('c1')];
    expect(begun.map(({ items }) => items)).toEqual([['a1']]);
    begun[0]?.end();
    expect(await first).toBe('a1!');
    expect(begun[1]?.items).toEqual(['b1', 'c1']);
    begun[1]?.end();
    expect(await Promise.all(others)).toEqual(['b1!', 'c1!']);
  });

  it('keep the order of each key, one at a time, while others overtake', async () => {
    const { batches, begun } = held(2);
    const all = ['a1', 'a2', 'b1', 'a3'].map((item) => batches.add(item));
    expect(begun.map(({ items }) => items)).toEqual([['a1'], ['b1']]);
    begun[1]?.end();
    await all[2];
    expect(begun).toHaveLength(2);
    begun[0]?.end();
    await all[0];
    expect(begun[2]?.items).toEqual(['a2']);
    begun[2]?.end();
    await all[1];
    begun[3]?.end();
    expect(await all[3]).toBe('a3!');
  });

  it('tell when they are idle, and let nobody wait for it too long', async () => {
    const { batches, begun } = held(1);
    await batches.idle(60_000);
    const first = batches.add('a1');
    const second = batches.add('b1');
    let idle = false;
    const waited = batches.idle(60_000).then(() => {
      idle = true;
    });
    await batches.idle(1);
    begun[0]?.end();
    await first;
    expect(idle).toBe(false);
    begun[1]?.end();
    await second;
    await waited;
  });

  it('hold no more than they may, and fail together', async () => {
    const { batches, begun } = held(1, 2);
    const first = batches.add('a1');
    const others = ['b1', 'c1', 'd1'].map((item) => batches.add(item));
    begun[0]?.end();
    await first;
    expect(begun[1]?.items).toEqual(['b1', 'c1']);
    begun[1]?.fail(new Error('gone'));
    await expect(others[0]).rejects.toThrow('gone');
    await expect(others[1]).rejects.toThrow('gone');
    begun[2]?.end();
    expect(await others[2]).toBe('d1!');
  });
});
