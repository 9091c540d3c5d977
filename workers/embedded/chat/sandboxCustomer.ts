import { setTimeout as sleep } from 'node:timers/promises';
import type { SandboxClient, TranscriptEvent } from '../../../sandbox/client.ts';
import type { BotMessage, CustomerSide } from './types.ts';

export interface SandboxCustomerOptions {
  sandbox: SandboxClient;
  chatId: number;
  /** Shared by `shareContact`, as Telegram writes it: digits only. */
  phone: string;
}

const WAIT_MS = 20_000;
const RETRY_MS = 500;
const MOST_FAILURES = 20;

/** Plays one customer of the sandbox's bot. */
export function createSandboxCustomer({ sandbox, chatId, phone }: SandboxCustomerOptions): CustomerSide {
  const { telegram } = sandbox;
  return {
    async say(text) {
      await telegram.say(chatId, text);
    },
    async press(messageId, { text, data }) {
      await telegram.press(chatId, data === undefined ? text : { data, messageId });
    },
    async shareContact() {
      await telegram.shareContact(chatId, { phone });
    },
    async sendFile(kind) {
      await telegram.sendFile(chatId, kind === 'sticker' ? { kind, emoji: '👍' } : { kind });
    },
    async follow(listener, signal) {
      let cursor = (await telegram.transcript(chatId)).cursor;
      let failures = 0;
      while (!signal.aborted) {
        try {
          const { events } = await telegram.transcript(chatId, { after: cursor, wait: WAIT_MS });
          failures = 0;
          for (const event of events) {
            cursor = event.seq;
            const message = botMessage(event);
            if (message !== undefined && !signal.aborted) listener(message);
          }
        } catch (error) {
          if (signal.aborted) return;
          // The stand-in may be restarting; one that stays away is a fault.
          if (++failures > MOST_FAILURES) throw error;
          await sleep(RETRY_MS, undefined, { signal }).catch(() => undefined);
        }
      }
    },
  };
}

/** What the bot wrote, if that is what happened. */
export function botMessage(event: TranscriptEvent): BotMessage | undefined {
  const { kind, direction, messageId, text, entities, buttons } = event;
  if (direction !== 'out' || messageId === undefined || (kind !== 'message' && kind !== 'edit'))
    return undefined;
  return {
    id: messageId,
    text: text ?? (event.media === undefined ? '' : `[${event.media.kind}]`),
    entities: entities ?? [],
    buttons: buttons ?? [],
    edited: kind === 'edit',
  };
}
