import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../stack/stack.ts';
import type { Shown } from './ledger.ts';
import type { Walk, Walker } from './walk.ts';

const LOOK_MS = 400;
/** A script that has heard nothing for so long has been led astray by a kill. */
const STILL_MS = 15_000;
const FINAL = ['succeeded', 'degraded', 'failed', 'cancelled'];

/** What waits for the customer, who says nothing more, is at rest. */
const rests = (run: { status: string }): boolean =>
  FINAL.includes(run.status) || run.status === 'waiting_user';

/**
 * Waits until nothing goes on any more for these customers: every update is handled, every run has ended or waits
 * for the customer, nothing is being sent. Returns those who are not at rest when time is up, with the reason.
 */
export async function untilAtRest(
  walks: readonly Walk[],
  walker: Walker,
  stack: Stack,
  patienceMs: number,
): Promise<Map<Walk, string>> {
  const until = Date.now() + patienceMs;
  const still = createStillness();
  let quietLooks = 0;
  for (;;) {
    const shown = await walker.ledger();
    const undelivered = (await stack.telegram.bot()).pending.map((update) => JSON.stringify(update));
    const restless = new Map<Walk, string>();
    for (const walk of walks) {
      const chat = String(walk.lane.chatId);
      const why = undelivered.some((update) => update.includes(chat))
        ? 'an update is not delivered'
        : unrestOf(walk, shown, still);
      if (why) restless.set(walk, why);
    }
    // A run that ends may begin another one: rest is only believed when it lasts.
    quietLooks = restless.size === 0 ? quietLooks + 1 : 0;
    if (quietLooks >= 3 || Date.now() > until) return restless;
    await sleep(LOOK_MS);
  }
}

/** Why a customer is not at rest, for people; undefined where they are. */
function unrestOf(walk: Walk, shown: Shown, still: Stillness): string | undefined {
  const id = walk.lane.chatId;
  const conversation = shown.conversations.get(id);
  const runs = shown.runs.get(id) ?? [];
  const sends = shown.sends.get(id) ?? [];
  if (conversation && conversation.handledNumber < conversation.lastNumber) return 'a message is not handled';
  const run = runs.find((one) => !rests(one));
  if (run) {
    return `${run.processId} is ${run.status}${run.waitingOn ? `, waiting on ${run.waitingOn}` : ''}`;
  }
  // What a cancelled run has recorded and not sent waits for nobody.
  const over = new Set(
    runs.flatMap(({ workflowId, status }) => (status === 'cancelled' ? [workflowId] : [])),
  );
  const send = sends.find(
    ({ state, workflowId }) => state === 'sending' || (state === 'pending' && !over.has(workflowId)),
  );
  if (send) return `a message is ${send.state}`;
  const goesOn = walk.ended === undefined && !still(walk, [conversation?.lastNumber, runs, sends]);
  return goesOn ? 'the script goes on' : undefined;
}

/** Tells whether nothing has happened to a customer for a while: their script waits in vain. */
function createStillness() {
  const looks = new Map<Walk, { shown: string; since: number }>();
  return (walk: Walk, what: unknown): boolean => {
    const shown = JSON.stringify(what);
    const before = looks.get(walk);
    if (before?.shown !== shown) looks.set(walk, { shown, since: Date.now() });
    return before?.shown === shown && Date.now() - before.since > STILL_MS;
  };
}

type Stillness = ReturnType<typeof createStillness>;
