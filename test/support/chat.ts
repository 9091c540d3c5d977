import type { Client } from '@temporalio/client';
import { eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { conversations, processRuns, sends } from '../../db/schema/index.ts';
import { conversationWorkflowId } from '../../domain/ids.ts';
import type { createSandboxClient } from '../../sandbox/client.ts';
import { conversationQuery } from '../../workflows/kit/messages.ts';
import { eventually, PATIENCE_MS } from './eventually.ts';

export interface ChatOptions {
  id: number;
  outside: ReturnType<typeof createSandboxClient>;
  db: Database;
  temporal: Client;
}

type Telegram = ReturnType<typeof createSandboxClient>['telegram'];

/** A chat as the customer sees it. `beforeLook` is waited for before each reading of the transcript. */
export function customersSide(
  telegram: Telegram,
  id: number,
  { patienceMs = PATIENCE_MS, beforeLook }: { patienceMs?: number; beforeLook?: () => Promise<void> } = {},
) {
  /** Everything up to here has been heard. */
  let heard = 0;
  const messages = async () => {
    await beforeLook?.();
    return (await telegram.transcript(id)).messages;
  };
  return {
    id,
    say: (text: string, options?: Parameters<Telegram['say']>[2]) => telegram.say(id, text, options),
    press: (button: Parameters<Telegram['press']>[1], options?: Parameters<Telegram['press']>[2]) =>
      telegram.press(id, button, options),
    shareContact: (contact: Parameters<Telegram['shareContact']>[1]) => telegram.shareContact(id, contact),
    edit: (messageId: number, text: string) => telegram.edit(id, messageId, text),
    /** The next thing the bot says that contains this; what it said before is skipped. */
    async hears(text: string | RegExp, timeoutMs = patienceMs) {
      const event = await telegram.waitForReply(id, { text, after: heard, timeoutMs });
      heard = event.seq;
      return event;
    },
    /** Everything the bot has said here, in order. */
    said: async () => (await messages()).filter((m) => m.direction === 'out').map((m) => m.text ?? ''),
    messages,
    /** The same with the buttons that can be pressed now, for `play`. */
    heard: async () =>
      (await messages())
        .filter((m) => m.direction === 'out')
        .map((m) => ({ text: m.text ?? '', buttons: (m.buttons ?? []).flat().map((b) => b.text) })),
    transcript: () => telegram.transcript(id),
  };
}

/** One customer's chat with the bot, from the customer's side and from ours. */
export function createChat({ id, outside, db, temporal }: ChatOptions) {
  const conversationId = () =>
    eventually(`the conversation of chat ${id}`, async () => {
      const [row] = await db
        .select({ id: conversations.id })
        .from(conversations)
        .where(eq(conversations.chatId, String(id)));
      return row?.id;
    });

  return {
    ...customersSide(outside.telegram, id),
    conversationId,
    /** What the conversation workflow holds right now. */
    view: async () =>
      temporal.workflow.getHandle(conversationWorkflowId(await conversationId())).query(conversationQuery),
    /** Runs of this customer as the projection shows them, oldest first. */
    async runs() {
      const conversation = await conversationId();
      return db
        .select()
        .from(processRuns)
        .where(eq(processRuns.conversationId, conversation))
        .orderBy(processRuns.queuedAt);
    },
    /** Waits until a run of this process shows this state, and returns it. */
    async run(process: string, status: string) {
      return eventually(`a ${process} run that is ${status} in chat ${id}`, async () =>
        (await this.runs()).find((r) => r.processId === process && r.status === status),
      );
    },
    sends: async () =>
      db
        .select()
        .from(sends)
        .where(eq(sends.chatId, String(id)))
        .orderBy(sql`${sends.ordinal}`),
    /** Waits until nothing is being handled or sent in this chat; the projection may still be behind. */
    async settled() {
      return eventually(`chat ${id} to settle`, async () => {
        const view = await this.view();
        if (view.turn !== null || view.inbox.length > 0) return false;
        const open = (await this.sends()).filter((s) => s.state === 'pending' || s.state === 'sending');
        return open.length === 0 ? view : false;
      });
    },
  };
}

export type Chat = ReturnType<typeof createChat>;
