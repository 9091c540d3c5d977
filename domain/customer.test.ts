import { describe, expect, it } from 'vitest';
import { CUSTOMER_STATES, type CustomerActor, isSanctioned, mayMove } from './customer.ts';

const ACTORS: readonly CustomerActor[] = ['system', 'customer', 'ops'];

/** The whole table in words: `from to: who`. What is not here is forbidden. */
const ALLOWED: Record<string, string> = {
  'new registered': 'system customer ops',
  'new suspended': 'system ops',
  'new banned': 'system ops',
  'registered active': 'system',
  'registered new': 'customer ops',
  'registered suspended': 'system ops',
  'registered banned': 'system ops',
  'active new': 'customer ops',
  'active suspended': 'system ops',
  'active banned': 'system ops',
  'suspended new': 'system ops',
  'suspended registered': 'system ops',
  'suspended active': 'system ops',
  'suspended banned': 'system ops',
  'banned new': 'ops',
  'banned registered': 'ops',
  'banned active': 'ops',
};

describe('the states of a customer', () => {
  it.each(CUSTOMER_STATES.flatMap((from) => CUSTOMER_STATES.map((to) => [from, to] as const)))(
    '%s to %s: exactly who may',
    (from, to) => {
      const may = ACTORS.filter((actor) => mayMove(from, to, actor)).join(' ');
      expect(may).toBe(ALLOWED[`${from} ${to}`] ?? '');
    },
  );

  it('never lets a customer end a sanction, nor a ban end by itself', () => {
    for (const from of CUSTOMER_STATES.filter(isSanctioned)) {
      for (const to of CUSTOMER_STATES) expect(mayMove(from, to, 'customer')).toBe(false);
    }
    for (const to of CUSTOMER_STATES) expect(mayMove('banned', to, 'system')).toBe(false);
  });
});
