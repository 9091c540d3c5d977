import type { CircuitState } from './breaker.ts';
import type { LlmProvider, ProviderHealth } from './contract.ts';
import { withDeadline } from './deadline.ts';
import { LlmError, timedOut } from './errors.ts';

const PROBE_MS = 2_000;

/** State of one provider: its circuit, its last failure, and a probe where probing costs nothing. */
export async function providerHealth(
  { name, local, probe }: LlmProvider,
  circuit: CircuitState,
  lastFailure: string | undefined,
  signal: AbortSignal,
): Promise<ProviderHealth> {
  const silence = probe === undefined ? undefined : await silenceOf(name, probe, signal);
  const reason = silence ?? lastFailure;
  return {
    provider: name,
    local,
    circuit,
    reachable: silence === undefined && circuit !== 'open',
    ...(reason !== undefined && { reason }),
  };
}

async function silenceOf(
  name: string,
  probe: NonNullable<LlmProvider['probe']>,
  signal: AbortSignal,
): Promise<string | undefined> {
  try {
    await withDeadline(signal, PROBE_MS, () => timedOut(name, 'did not answer', PROBE_MS), probe);
    return undefined;
  } catch (error) {
    signal.throwIfAborted();
    return error instanceof LlmError ? error.message : `${name} does not answer.`;
  }
}
