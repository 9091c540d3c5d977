import { getPriority, setPriority } from 'node:os';

/** A third of the weight that a process has otherwise. */
const BEHIND = 5;

/**
 * A process that takes no webhooks leaves the processor to those that do, where they share one: a platform waits for
 * its acknowledgement, and what was stored is worked off as fast as before when nothing comes in. Threads take after
 * the one that starts them, so call it first.
 */
export function stepBehind(roles: readonly string[]): void {
  if (roles.includes('api')) return;
  if (getPriority() < BEHIND) setPriority(BEHIND);
}
