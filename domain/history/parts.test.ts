import { describe, expect, it } from 'vitest';
import type { HistoryChange, HistoryEvent } from './event.ts';
import { foldAll } from './fold.ts';
import type { ChainState } from './state.ts';
import { activity, began, completed, ended, history, other, shows, started, T0, taken } from './testing.ts';

describe('folding in parts', () => {
  /** A small generator with a seed, so that a failure can be repeated. */
  const random = (seed: number) => () => {
    seed = (seed * 1_664_525 + 1_013_904_223) % 4_294_967_296;
    return seed / 4_294_967_296;
  };

  /** A possible chain of executions: steps open and close in any order, waits come and go. */
  function anyChain(seed: number): HistoryEvent[] {
    const next = random(seed);
    const pick = <T>(items: readonly T[]): T => items[Math.floor(next() * items.length)] as T;
    const links = 1 + Math.floor(next() * 3);
    return Array.from({ length: links }, (_, link) => {
      const changes: HistoryChange[] = [started({ runId: `run-${link}` }), other, taken];
      const running: number[] = [];
      for (let left = Math.floor(next() * 25); left > 0; left -= 1) {
        const kind = pick([
          'activity',
          'end',
          'begin',
          'wait',
          'go',
          'memo',
          'local',
          'child',
          'other',
        ] as const);
        const opened = pick(running);
        if (kind === 'activity' || kind === 'child') {
          running.push(changes.length + 1);
          changes.push(
            kind === 'activity'
              ? activity(String(changes.length))
              : { type: 'child_initiated', workflowId: 'w', name: 'n', outlives: next() < 0.5 },
          );
        } else if (kind === 'end' && opened !== undefined) {
          running.splice(running.indexOf(opened), 1);
          changes.push(ended(opened, pick(['succeeded', 'failed'])));
        } else if (kind === 'begin' && opened !== undefined) changes.push(began(opened, 2));
        else if (kind === 'wait')
          changes.push(shows(pick(['waiting_user', 'running']), pick(['customer', 'provider', null])));
        else if (kind === 'go') changes.push(shows('running', null));
        else if (kind === 'memo') changes.push({ type: 'memo', values: { details: `at ${changes.length}` } });
        else if (kind === 'local')
          changes.push({
            type: 'local_activity',
            activityId: `l${changes.length}`,
            name: 'l',
            attempt: 1,
            scheduledAt: T0,
            endedAt: T0,
          });
        else changes.push(other);
      }
      changes.push(
        link + 1 < links
          ? { type: 'continued', next: `run-${link + 1}` }
          : completed({ outcome: 'succeeded', losses: [], output: seed }),
      );
      return history(...changes);
    }).flat();
  }

  const frozen = (state: ChainState): ChainState => {
    const freeze = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      Object.freeze(value);
      Object.values(value).forEach(freeze);
    };
    freeze(state);
    return state;
  };

  it('gives the same as folding at once, also when the state was stored between, and changes nothing it was given', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const events = anyChain(seed);
      const whole = JSON.stringify(foldAll(events));
      for (let cut = 0; cut <= events.length; cut += 1) {
        const before = frozen(foldAll(events.slice(0, cut)));
        expect(JSON.stringify(foldAll(events.slice(cut), before)), `seed ${seed} cut ${cut}`).toBe(whole);
        const revived = JSON.parse(JSON.stringify(before)) as ChainState;
        expect(JSON.stringify(foldAll(events.slice(cut), revived)), `seed ${seed} cut ${cut} stored`).toBe(
          whole,
        );
      }
    }
  });

  it('keeps the numbers of steps, and ends with every step closed', () => {
    for (let seed = 1; seed <= 40; seed += 1) {
      const events = anyChain(seed);
      const all = foldAll(events).steps;
      expect(all.every(({ endedAt }) => endedAt !== null)).toBe(true);
      expect(new Set(all.map(({ key }) => key)).size).toBe(all.length);
      for (let cut = 0; cut <= events.length; cut += 1) {
        const early = foldAll(events.slice(0, cut)).steps;
        expect(early.map(({ key }) => key)).toEqual(all.slice(0, early.length).map(({ key }) => key));
      }
    }
  });
});
