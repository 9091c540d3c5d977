import { LlmError } from './errors.ts';

/**
 * Refuses vectors that are not what was asked for. A server that ignores the encoding asked for
 * yields vectors of a wrong length without any error, and they would poison a search for good.
 */
export function checkVectors(
  provider: string,
  vectors: number[][],
  count: number,
  dimensions: number | undefined,
): void {
  const length = dimensions ?? vectors[0]?.length ?? 0;
  const fits = (vector: number[]): boolean => vector.length === length && vector.every(Number.isFinite);
  if (vectors.length === count && (count === 0 || length > 0) && vectors.every(fits)) return;
  const lengths = [...new Set(vectors.map((vector) => vector.length))].join(', ');
  throw new LlmError({
    provider,
    class: 'misconfigured',
    message: `${provider} returned ${vectors.length} vectors of length ${lengths || 'none'} for ${count} texts; expected length ${length}.`,
  });
}
