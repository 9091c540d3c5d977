import { describe, expect, it, vi } from 'vitest';
import { createHintSink, decodeHints, encodeHints, type Hint } from './hints.ts';

const hint = (over: Partial<Hint> = {}): Hint => ({
  workflowId: 'lead/1',
  runId: 'run-a',
  historyLength: 3,
  last: false,
  ...over,
});

describe('hints over the wire', () => {
  it('arrive as they were sent, whatever the ids hold', () => {
    const hints = [hint(), hint({ workflowId: 'заявка/"1"\n', historyLength: 51_200, last: true })];
    expect(encodeHints(hints).flatMap(decodeHints)).toEqual(hints);
    expect(encodeHints([])).toEqual([]);
  });

  it('are cut into notifications under 8000 bytes, none lost but one that fits in none', () => {
    const many = Array.from({ length: 400 }, (_, n) => hint({ workflowId: `Қ${'x'.repeat(n % 90)}/${n}` }));
    const texts = encodeHints([...many, hint({ workflowId: 'Қ'.repeat(5_000) })]);
    expect(Math.max(...texts.map((text) => Buffer.byteLength(text)))).toBeLessThan(8_000);
    expect(texts.flatMap(decodeHints)).toEqual(many);
  });

  it('that are garbled are no hints', () => {
    for (const text of ['', '{', 'null', '[1]', '[["w","r",3]]', '[["w","r","3",1]]', '[["w","r",3,2]]']) {
      expect(decodeHints(text)).toEqual([]);
    }
  });
});

describe('the sink', () => {
  it('says once for each execution how far its history went and whether it ends', async () => {
    const published = vi.fn<(hints: Hint[]) => void>();
    const { fn } = createHintSink(published, 1).projection.changed;
    type Info = Parameters<typeof fn>[0];
    const info = (runId: string, historyLength: number) =>
      ({ workflowId: 'lead/1', runId, historyLength }) as Info;
    await fn(info('run-a', 9), true);
    await fn(info('run-a', 3), false);
    await fn(info('run-b', 3), false);
    await vi.waitFor(() => expect(published).toHaveBeenCalledOnce());
    expect(published).toHaveBeenCalledWith([
      hint({ historyLength: 9, last: true }),
      hint({ runId: 'run-b' }),
    ]);

    await fn(info('run-a', 12), false);
    await vi.waitFor(() => expect(published).toHaveBeenCalledTimes(2));
    expect(published).toHaveBeenLastCalledWith([hint({ historyLength: 12 })]);
  });
});
