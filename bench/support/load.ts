import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxClient } from '../../sandbox/client.ts';

type Telegram = SandboxClient['telegram'];

export interface Load {
  telegram: Telegram;
  /** One customer each. Whoever was answered longest ago writes next, and nobody before being answered. */
  chats: readonly number[];
  /** Customers who wait for an answer at the same time. */
  inFlight: number;
  text: string;
  /** How the reply that is waited for is recognised. */
  reply: RegExp;
  messages: number;
  /** Messages a second over all customers; as fast as answers come when not given. */
  pace?: number;
}

export interface Measured {
  seconds: number;
  /** Milliseconds from the customer's message to the bot's reply, each. */
  latencies: number[];
}

const PATIENCE_MS = 60_000;

/** Plays the customers, and measures each message until its reply is in the chat. */
export async function play(load: Load): Promise<Measured> {
  const { telegram, text, reply, messages, pace } = load;
  const latencies: number[] = [];
  const free = [...load.chats];
  const began = Date.now();
  let next = 0;
  const customers = Array.from({ length: Math.min(load.inFlight, free.length) }, async () => {
    for (let turn = next++; turn < messages; turn = next++) {
      if (pace !== undefined) await sleep(Math.max(0, began + (turn * 1000) / pace - Date.now()));
      const chat = free.shift();
      if (chat === undefined) throw new Error('More customers write than there are chats.');
      const { cursor } = await telegram.transcript(chat);
      const asked = Date.now();
      await telegram.say(chat, text);
      const answer = await telegram.waitForReply(chat, {
        after: cursor,
        text: reply,
        timeoutMs: PATIENCE_MS,
      });
      latencies.push(Date.parse(answer.at) - asked);
      free.push(chat);
    }
  });
  await Promise.all(customers);
  return { seconds: (Date.now() - began) / 1000, latencies };
}
