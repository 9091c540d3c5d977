import { describe, expect, it } from 'vitest';
import { choosePolicy, type Policy, policyRivals } from './policy.ts';

const row = (name: string, when: Policy['when'], task: Policy['task'] = 'answer'): Policy => ({
  name,
  version: 1,
  when,
  task,
  roles: ['main'],
  prompt: `${task}@1`,
});

const T = { tenant: 'clinic' };
const P = { process: 'answer' };
const I = { intent: 'unknown' };
/** Every combination of conditions, the most specific last. */
const ORDER = [
  row('none', {}),
  row('intent', I),
  row('process', P),
  row('tenant', T),
  row('process+intent', { ...P, ...I }),
  row('tenant+intent', { ...T, ...I }),
  row('tenant+process', { ...T, ...P }),
  row('all', { ...T, ...P, ...I }),
];
const CASE = { task: 'answer' as const, ...T, ...P, ...I };

describe('the policy that is chosen', () => {
  it.each(ORDER.map((policy, index) => [policy.name, index] as const))(
    'is the one with %s, where no more specific one is there, in whatever order they stand',
    (name, index) => {
      const known = ORDER.slice(0, index + 1);
      expect(choosePolicy(known, CASE)?.name).toBe(name);
      expect(choosePolicy(known.toReversed(), CASE)?.name).toBe(name);
    },
  );

  it.each([
    [{ tenant: 'shop' }, 'process+intent'],
    [{ process: 'lead' }, 'tenant+intent'],
    [{ intent: 'answer' }, 'tenant+process'],
    [{ intent: undefined }, 'tenant+process'],
    [{ tenant: 'shop', process: 'lead' }, 'intent'],
    [{ tenant: 'shop', intent: undefined }, 'process'],
    [{ process: 'lead', intent: 'lead' }, 'tenant'],
    [{ tenant: 'shop', process: 'lead', intent: 'lead' }, 'none'],
  ])('meets all of its conditions: for %j it is the one with %s', (other, name) => {
    expect(choosePolicy(ORDER, { ...CASE, ...other })?.name).toBe(name);
  });

  it('is one for the task, however specific others are', () => {
    expect(choosePolicy([row('other', { ...T, ...P, ...I }, 'lead'), row('none', {})], CASE)?.name).toBe(
      'none',
    );
    expect(choosePolicy([row('other', {}, 'lead')], CASE)).toBeUndefined();
  });
});

describe('rivals', () => {
  it('speak of the same calls; nobody else is one', () => {
    expect(policyRivals(ORDER)).toEqual([]);
    const twins = [row('a', P), row('b', { process: 'answer', tenant: undefined }), row('c', P, 'lead')];
    expect(policyRivals(twins).map((pair) => pair.map(({ name }) => name))).toEqual([['a', 'b']]);
  });
});
