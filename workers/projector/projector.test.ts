import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { foldAll } from '../../domain/history/fold.ts';
import { FoldError } from '../../domain/history/state.ts';
import { completed, history, other, started, taken } from '../../domain/history/testing.ts';
import type { ChainReading } from './chain.ts';
import type { Hint } from './hints.ts';
import { createProjector, type Projector, type ProjectorOptions } from './projector.ts';

const hint = (over: Partial<Hint> = {}): Hint => ({
  workflowId: 'lead/1',
  runId: 'run-a',
  historyLength: 3,
  last: false,
  ...over,
});

/** What a reading finds when the history has so many events, the last of them the end if it is closed. */
function reading(length: number, closed = false): ChainReading {
  const middle = Array.from({ length: length - (closed ? 4 : 3) }, () => other);
  const events = history(started(), other, taken, ...middle, ...(closed ? [completed()] : []));
  const { run, steps } = foldAll(events);
  if (run === null) throw new Error('no run');
  const asked = { runId: 'run-a', process: 'lead', length, closed, events };
  return { found: 'run', run, steps, asked, newestAt: 0, whole: true };
}

describe('the projector', () => {
  let projector: Projector;
  const readChain = vi.fn<ProjectorOptions['readChain']>();
  const write = vi.fn<ProjectorOptions['write']>();
  const onError = vi.fn();
  const written = () => write.mock.calls.map(([run]) => run.lastEventId);

  beforeEach(() => {
    vi.useFakeTimers();
    readChain.mockReset();
    write.mockReset().mockResolvedValue(true);
    onError.mockReset();
    projector = createProjector({ readChain, write, onError });
    projector.start();
  });
  afterEach(async () => {
    await projector.stop();
    vi.useRealTimers();
  });

  it('reads a short run once, however many hints it gives', async () => {
    readChain.mockResolvedValue(reading(10, true));
    projector.hint([hint()]);
    await vi.advanceTimersByTimeAsync(100);
    projector.hint([hint({ historyLength: 6 }), hint({ historyLength: 9, last: true })]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(readChain).toHaveBeenCalledOnce();
    expect(written()).toEqual([10]);
    expect(projector.stats()).toMatchObject({ hints: 3, reads: 1, writes: 1, pending: 0 });
  });

  it('reads the end at once, and again with growing pauses until the server has written it', async () => {
    const at: number[] = [];
    const began = Date.now();
    readChain.mockImplementation(async () => {
      at.push(Date.now() - began);
      return at.length < 4 ? reading(9) : reading(11, true);
    });
    projector.hint([hint({ historyLength: 9, last: true })]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(at[0]).toBeLessThanOrEqual(25);
    const pauses = at.slice(1).map((time, n) => time - (at[n] ?? 0));
    expect(pauses).toEqual([...pauses].sort((a, b) => a - b));
    expect(written()).toEqual([11]);
    expect(projector.stats()).toMatchObject({ early: 3, pending: 0 });
  });

  it('is not content with a longer history when the end was promised', async () => {
    readChain.mockResolvedValueOnce(reading(12)).mockResolvedValue(reading(13, true));
    projector.hint([hint({ historyLength: 9, last: true })]);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(written()).toEqual([13]);
  });

  it('looks again for a hint that came while it was reading', async () => {
    let release: (found: ChainReading) => void = () => {};
    readChain
      .mockReturnValueOnce(new Promise((resolve) => (release = resolve)))
      .mockResolvedValue(reading(12, true));
    projector.hint([hint()]);
    await vi.advanceTimersByTimeAsync(300);
    projector.hint([hint({ historyLength: 9, last: true })]);
    await vi.advanceTimersByTimeAsync(300);
    expect(readChain).toHaveBeenCalledOnce();
    release(reading(5));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written()).toEqual([5, 12]);
    expect(projector.stats().pending).toBe(0);
  });

  it('shows what there is when the rest keeps it waiting, once, and gives up in the end', async () => {
    readChain.mockResolvedValue(reading(9));
    projector.hint([hint({ historyLength: 9 })]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(written()).toEqual([9]);
    expect(projector.stats()).toMatchObject({ abandoned: 1, pending: 0 });
    expect(readChain.mock.calls.length).toBeLessThan(30);
  });

  it('tries again after an error of a server, but not after an impossible history', async () => {
    readChain.mockRejectedValueOnce(new Error('unavailable')).mockResolvedValue(reading(10, true));
    projector.hint([hint({ last: true })]);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(written()).toEqual([10]);
    expect(projector.stats()).toMatchObject({ retries: 1, abandoned: 0 });

    readChain.mockReset().mockRejectedValue(new FoldError(7, 'cannot be'));
    projector.hint([hint({ runId: 'run-b', last: true })]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(readChain).toHaveBeenCalledOnce();
    expect(projector.stats()).toMatchObject({ abandoned: 1, pending: 0 });
    expect(onError).toHaveBeenCalledTimes(2);
  });

  it('reads no more histories at a time than it may', async () => {
    let now = 0;
    let most = 0;
    readChain.mockImplementation(async () => {
      now += 1;
      most = Math.max(most, now);
      await new Promise((resolve) => setTimeout(resolve, 50));
      now -= 1;
      return reading(10, true);
    });
    projector.hint(Array.from({ length: 40 }, (_, n) => hint({ runId: `run-${n}`, last: true })));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(most).toBe(8);
    expect(projector.stats()).toMatchObject({ writes: 40, pending: 0 });
  });

  it('forgets hints when it stops and takes none before it starts', async () => {
    projector.hint([hint()]);
    await projector.stop();
    projector.hint([hint()]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(readChain).not.toHaveBeenCalled();
    expect(projector.stats().pending).toBe(0);
  });

  it('ignores workflows that are no runs and histories that are gone', async () => {
    readChain.mockResolvedValueOnce({ found: 'other' }).mockResolvedValueOnce({ found: 'gone' });
    projector.hint([hint({ last: true }), hint({ runId: 'run-b', last: true })]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(readChain).toHaveBeenCalledTimes(2);
    expect(write).not.toHaveBeenCalled();
    expect(projector.stats()).toMatchObject({ gone: 1, pending: 0 });
  });
});
