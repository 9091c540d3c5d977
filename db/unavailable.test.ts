import { describe, expect, it } from 'vitest';
import { isDatabaseUnavailable } from './unavailable.ts';

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
