import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { EncryptionKey } from '../../config/encryption.ts';
import type { SealedRun } from '../../db/queries/projection-read.ts';
import { createSeal, unsigned } from './seal.ts';

const key = (id: string): EncryptionKey => ({ id, secret: randomBytes(32) });
const older = key('2025');
const newer = key('2026');
const signed = createSeal({ active: older, all: [older] });

const run = { run_id: 'r', status: 'succeeded', output: { b: 1, a: [2] } } as unknown as SealedRun['run'];
const step = (number: number) =>
  ({ key: `k${number}`, step_number: number, status: 'succeeded' }) as unknown as SealedRun['steps'][number];
const steps = [step(1), step(2)];
const sealedBy = ({ seal }: typeof signed): SealedRun => ({ run, steps, digest: seal(run, steps) });

describe('a digest', () => {
  it('fits the run it was made of, in whichever order its fields and steps come', () => {
    const stored = sealedBy(signed);
    const turned = { ...stored.run, output: { a: [2], b: 1 } };
    expect(signed.check({ ...stored, run: turned, steps: [step(2), step(1)] })).toBe('intact');
    expect(unsigned.check(sealedBy(unsigned))).toBe('intact');
  });

  it('fits no other: not with a value changed, a step fewer, or another digest', () => {
    const stored = sealedBy(signed);
    const states = [
      { ...stored, run: { ...run, status: 'failed' } },
      { ...stored, steps: [step(1)] },
      { ...stored, steps: [...steps, step(3)] },
      { ...stored, digest: `${stored.digest}0` },
    ].map(signed.check);
    expect(states).toEqual(['changed', 'changed', 'changed', 'changed']);
  });

  it('of an older key holds as long as that key is configured', () => {
    const stored = sealedBy(signed);
    expect(createSeal({ active: newer, all: [newer, older] }).check(stored)).toBe('intact');
    expect(createSeal({ active: newer, all: [newer] }).check(stored)).toBe('unknown_key');
  });

  it('cannot be made by who has the database alone: without a signature, or with one of another key, it counts for nothing', () => {
    const forged = { ...run, status: 'failed' } as SealedRun['run'];
    expect(signed.check({ run: forged, steps, digest: unsigned.seal(forged, steps) })).toBe('unsealed');
    const stranger = createSeal({ active: key('2025'), all: [key('2025')] });
    expect(signed.check({ run: forged, steps, digest: stranger.seal(forged, steps) })).toBe('changed');
    expect(signed.check({ run, steps, digest: null })).toBe('unsealed');
    expect(signed.check({ run, steps, digest: 'garbled' })).toBe('unsealed');
  });
});
