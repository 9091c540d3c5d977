import { createHash } from 'node:crypto';

/** A bag of hashed trigrams, L2-normalised: equal texts are equal, similar ones near. */
export function embed(text: string, dimensions: number): number[] {
  const vector = new Array<number>(dimensions).fill(0);
  const padded = `  ${text.toLowerCase().normalize('NFC')}  `;
  for (let at = 0; at + 3 <= padded.length; at++) {
    const hash = createHash('md5')
      .update(padded.slice(at, at + 3))
      .digest();
    const slot = hash.readUInt32LE(0) % dimensions;
    vector[slot] = (vector[slot] ?? 0) + (hash[4] !== undefined && hash[4] % 2 ? 1 : -1);
  }
  const norm = Math.hypot(...vector);
  if (norm === 0) vector[0] = 1;
  return norm === 0 ? vector : vector.map((value) => value / norm);
}

/** A rough token count: four characters a token, as everybody assumes. */
export function countTokens(text: string): number {
  return Math.ceil(text.length / 4);
}
