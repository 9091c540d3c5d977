import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';

/** Stands in for a secret that does not exist, so that the comparison takes the same time. */
const NOBODY = randomBytes(32).toString('hex');

/** Compares without telling by its duration how much was right, or whether there is a secret at all. */
export function sameSecret(given: string | undefined, expected: string | undefined): boolean {
  const same = timingSafeEqual(digest(given ?? ''), digest(expected ?? NOBODY));
  return same && given !== undefined && expected !== undefined && expected !== '';
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();
