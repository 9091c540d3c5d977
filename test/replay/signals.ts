import type { RecordedEvent } from '../../workers/replay/divergence.ts';
import type { Given } from './places.ts';

/**
 * Replay takes one signal to another workflow for any other: it does not compare their names. So they are compared
 * here, in order. Undefined where they are the history's, which may end before the code has given them all.
 */
export function signalThatDiffers(
  events: readonly RecordedEvent[],
  given: readonly Pick<Given, 'kind' | 'name'>[],
): { event: RecordedEvent; recorded: string; now: string } | undefined {
  const names = given.filter(({ kind }) => kind === 'signal').map(({ name }) => name);
  const sent = events.filter(({ eventType }) => eventType === SIGNALLED);
  for (const [at, event] of sent.entries()) {
    const recorded = nameIn(event);
    const now = names[at] ?? 'none';
    if (now !== recorded) return { event, recorded, now };
  }
  return undefined;
}

const SIGNALLED = 'EVENT_TYPE_SIGNAL_EXTERNAL_WORKFLOW_EXECUTION_INITIATED';

const nameIn = (event: RecordedEvent): string =>
  (event.signalExternalWorkflowExecutionInitiatedEventAttributes as { signalName?: string } | undefined)
    ?.signalName ?? '';
