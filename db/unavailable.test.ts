import { describe, expect, it } from 'vitest';
import { isDatabaseUnavailable, refusalOf } from './unavailable.ts';

const failure = (code: string) => Object.assign(new Error('x'), { code });

describe('isDatabaseUnavailable', () => {
  it.each([
    'ECONNREFUSED',
    'CONNECTION_CLOSED',
    'CONNECT_TIMEOUT',
    '57P01',
    '57P03',
    '53300',
    '08006',
    '57014',
    '53100',
    '25006',
    'BACKLOG_FULL',
  ])('sees %s, also inside the query error that wraps it', (code) => {
    expect(isDatabaseUnavailable(failure(code))).toBe(true);
    expect(isDatabaseUnavailable(new Error('Failed query', { cause: failure(code) }))).toBe(true);
  });

  it.each([failure('23505'), failure('42P01'), new Error('x'), 'x', undefined])(
    'does not excuse %s',
    (error) => {
      expect(isDatabaseUnavailable(error)).toBe(false);
    },
  );

  it('ends on a circle of causes', () => {
    const error = new Error('x');
    error.cause = error;
    expect(isDatabaseUnavailable(error)).toBe(false);
  });
});

describe('why something is not stored', () => {
  it.each([
    ['53100', 'disk_full'],
    ['25006', 'read_only'],
    ['53300', 'connections'],
    ['POOL_BUSY', 'busy'],
    ['BACKLOG_FULL', 'backlog'],
    ['ECONNREFUSED', 'unreachable'],
    ['23505', 'failed'],
  ])('is told by %s: %s', (code, refusal) => {
    expect(refusalOf(new Error('Failed query', { cause: failure(code) }))).toBe(refusal);
  });
});
