import { createHash, createHmac, hkdfSync } from 'node:crypto';
import type { EncryptionKeys } from '../../config/encryption.ts';
import type { Seal } from '../../db/queries/projection.ts';
import type { SealedRun } from '../../db/queries/projection-read.ts';
import { canonical } from './canonical.ts';

/**
 * What a digest says of its row. `changed`: row or steps are not what was sealed. `unsealed`: there is no digest, or
 * an unsigned one although keys are configured. `unknown_key`: signed by a key that is not configured any more.
 */
export type SealState = 'intact' | 'changed' | 'unsealed' | 'unknown_key';

export interface Sealing {
  seal: Seal;
  check(stored: SealedRun): SealState;
}

const VERSION = '1';
const KEY_BYTES = 32;

/**
 * Digests of ended runs, `<version>:<key id>:<SHA-256 in hex>`: signed by a key made of the active encryption key, so
 * that whoever can write the database cannot write a digest that fits; without keys they show accidents only. The
 * same run gives the same digest under the same key.
 */
export function createSeal({ active, all }: EncryptionKeys): Sealing {
  const signing = new Map(
    all.map(({ id, secret }) => [
      id,
      Buffer.from(hkdfSync('sha256', secret, '', 'digests of runs', KEY_BYTES)),
    ]),
  );

  function digest(id: string, run: SealedRun['run'], steps: readonly SealedRun['steps'][number][]): string {
    const key = signing.get(id);
    const hash = key === undefined ? createHash('sha256') : createHmac('sha256', key);
    const inOrder = [...steps].sort((a, b) => Number(a.step_number) - Number(b.step_number));
    return `${VERSION}:${id}:${hash.update(canonical({ run, steps: inOrder })).digest('hex')}`;
  }

  return {
    seal: (run, steps) => digest(active?.id ?? '', run, steps),
    check({ run, steps, digest: kept }) {
      const [version, id] = kept?.split(':') ?? [];
      if (kept === null || version !== VERSION || id === undefined) return 'unsealed';
      if (id === '' && active !== undefined) return 'unsealed';
      if (id !== '' && !signing.has(id)) return 'unknown_key';
      return digest(id, run, steps) === kept ? 'intact' : 'changed';
    },
  };
}

/** Digests that nobody has signed. */
export const unsigned: Sealing = createSeal({ active: undefined, all: [] });
