import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { sameSecret, secretCheck } from './secrets.ts';

const hashed = (text: string) => `sha256:${createHash('sha256').update(text).digest('hex')}`;

describe('the check of a secret', () => {
  it.each(['a-token', hashed('a-token')])('lets in the secret alone, given as %s', (expected) => {
    const check = secretCheck(expected);
    expect(check('a-token')).toBe(true);
    for (const wrong of [undefined, '', 'a-toke', 'a-token ', 'A-TOKEN', hashed('a-token')])
      expect(check(wrong), String(wrong)).toBe(false);
  });

  it('is never passed with nothing, even where nothing is expected', () => {
    expect(secretCheck('')('')).toBe(false);
    expect(sameSecret('', '')).toBe(false);
    expect(sameSecret(undefined, undefined)).toBe(false);
  });
});
