import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../stack/stack.ts';
import type { Walk, Walker } from './walk.ts';

const LOOK_MS = 400;
const FINAL = ['succeeded', 'degraded', 'failed', 'cancelled'];

/** Why a customer is not at rest yet, for people; undefined once they are. */
export type Unrest = string | undefined;

/** What waits for the customer, who says nothing more, is at rest. */
const rests = (run: { status: string; endedAt: Date | null }): boolean =>
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
  let quietLooks = 0;
  for (;;) {
    const shown = await walker.ledger();
    const bot = await stack.telegram.bot();
    const waiting = new Set(bot.pending.map((update) => JSON.stringify(update)));
    const restless = new Map<Walk, string>();
    for (const walk of walks) {
      const id = walk.lane.chatId;
      const why = unrestOf(walk);
      if (why) restless.set(walk, why);
      function unrestOf({ ended }: Walk): Unrest {
        if (ended === undefined) return 'the script goes on';
        if ([...waiting].some((update) => update.includes(String(id)))) return 'an update is not delivered';
        const conversation = shown.conversations.get(id);
        if (conversation && conversation.handledNumber < conversation.lastNumber)
          return 'a message is not handled';
        const run = (shown.runs.get(id) ?? []).find((one) => !rests(one));
        if (run)
          return `${run.processId} is ${run.status}${run.waitingOn ? `, waiting on ${run.waitingOn}` : ''}`;
        const send = (shown.sends.get(id) ?? []).find((one) => ['pending', 'sending'].includes(one.state));
        return send && `a message is ${send.state}`;
      }
    }
    // A run that ends may begin another one: rest is only believed when it lasts.
    quietLooks = restless.size === 0 ? quietLooks + 1 : 0;
    if (quietLooks >= 3 || Date.now() > until) return restless;
    await sleep(LOOK_MS);
  }
}
