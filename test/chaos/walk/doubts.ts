import { setTimeout as sleep } from 'node:timers/promises';
import type { Stack } from '../stack/stack.ts';
import type { Walker } from './walk.ts';

const LOOK_MS = 500;
/** Settling is over when nothing has changed for so long: longer than the pauses between looks. */
const STILL_MS = 20_000;
const LONGEST_MS = 90_000;

/**
 * Gives the product time to find out what became of sends in doubt. Somebody writes once more: the next message of
 * the bot tells where one of unknown fate can be at most.
 */
export async function untilDoubtsAreSettled(stack: Stack, walker: Walker): Promise<void> {
  const inDoubt = async () => {
    const rows = await stack.sql<{ id: string }[]>`
      select id from sends where state in ('unknown', 'sending', 'pending') order by id`;
    return rows.map(({ id }) => id).join();
  };
  if ((await inDoubt()) === '') return;
  const { done } = walker.begin({
    name: '(somebody writes)',
    async walk(chat) {
      await chat.say('/help');
      await chat.hears('');
    },
  });
  await done;
  const until = Date.now() + LONGEST_MS;
  for (let last = await inDoubt(), since = Date.now(); last !== '' && Date.now() < until; ) {
    if (Date.now() - since > STILL_MS) return;
    await sleep(LOOK_MS);
    const now = await inDoubt();
    if (now !== last) since = Date.now();
    last = now;
  }
}
