import { randomFillSync } from 'node:crypto';

const PREFIX_BYTES = 8;
const LAST = 0xff_ff_ff_ff;
export const NONCE_BYTES = 12;

/**
 * Nonces for AES-GCM, none twice under a key: a random half for this process, and a count. Random ones alone would
 * have to be given up, with their key, after four billion payloads.
 */
export function createNonces(fill: (bytes: Buffer) => void = randomFillSync): () => Buffer {
  const prefix = Buffer.alloc(PREFIX_BYTES);
  let count = LAST;
  return () => {
    if (count === LAST) {
      fill(prefix);
      count = -1;
    }
    const nonce = Buffer.allocUnsafe(NONCE_BYTES);
    prefix.copy(nonce);
    nonce.writeUInt32BE(++count, PREFIX_BYTES);
    return nonce;
  };
}
