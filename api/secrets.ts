import { createHash, createHmac, randomBytes, timingSafeEqual } from 'node:crypto';

/** Stands in for a secret that does not exist, so that the comparison takes the same time. */
const NOBODY = randomBytes(32).toString('hex');

/** Compares without telling by its duration how much was right, or whether there is a secret at all. */
export function sameSecret(given: string | undefined, expected: string | undefined): boolean {
  const same = timingSafeEqual(digest(given ?? ''), digest(expected ?? NOBODY));
  return same && given !== undefined && expected !== undefined && expected !== '';
}

const HASHED = /^sha256:([0-9a-f]{64})$/;

/**
 * A check against one secret, of which only a hash is kept. It may be given as one: `sha256:` and 64 hex digits.
 * Takes the same time whatever is given.
 */
export function secretCheck(expected: string): (given: string | undefined) => boolean {
  const hex = HASHED.exec(expected)?.[1];
  const hash = hex === undefined ? digest(expected) : Buffer.from(hex, 'hex');
  return (given) => timingSafeEqual(digest(given ?? ''), hash) && given !== undefined && given !== '';
}

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const SIGNATURE = /^sha256=([0-9a-f]{64})$/i;

/** Checks `sha256=<hex>`, the HMAC of the body under the secret, in the same manner. */
export function sameSignature(given: string, body: string | Uint8Array, secret: string | undefined): boolean {
  const claimed = SIGNATURE.exec(given)?.[1]?.toLowerCase();
  const real = createHmac('sha256', secret || NOBODY)
    .update(body)
    .digest('hex');
  return sameSecret(claimed, real) && secret !== undefined && secret !== '';
}
