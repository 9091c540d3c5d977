import { setTimeout as sleep } from 'node:timers/promises';
import type { Client } from '@temporalio/client';
import { conversationWorkflowId } from '../../../domain/ids.ts';
import type { SandboxClient } from '../../../sandbox/client.ts';
import { conversationQuery } from '../../../workflows/kit/messages.ts';
import { type Chat, customersSide } from '../../support/chat.ts';
import { eventually } from '../../support/eventually.ts';
import type { Ledger } from './ledger.ts';

/** Kills and their outages are waited out. */
export const PATIENCE_MS = 60_000;
/** Scripts look again at once; with many of them at work, each look is slowed down to this. */
const LOOK_MS = 150;

/** One customer's chat for scripts, as `createChat` makes it, at a price that many of them can pay at once. */
export function sweptChat(id: number, outside: SandboxClient, ledger: Ledger, temporal: Client): Chat {
  const wait = <T>(what: string, look: () => Promise<T | undefined | false>) =>
    eventually(`${what} in chat ${id}`, look, PATIENCE_MS);
  const conversationId = () =>
    wait('the conversation', async () => (await ledger()).conversations.get(id)?.id);

  const chat: Chat = {
    ...customersSide(outside.telegram, id, { patienceMs: PATIENCE_MS, beforeLook: () => sleep(LOOK_MS) }),
    conversationId,
    async view() {
      await sleep(LOOK_MS * 2);
      return temporal.workflow
        .getHandle(conversationWorkflowId(await conversationId()))
        .query(conversationQuery);
    },
    runs: async () => (await ledger()).runs.get(id) ?? [],
    run: (process, status) =>
      wait(`a ${process} run that is ${status}`, async () =>
        (await chat.runs()).find((r) => r.processId === process && r.status === status),
      ),
    sends: async () => (await ledger()).sends.get(id) ?? [],
    settled: () =>
      wait('rest', async () => {
        const view = await chat.view();
        if (view.turn !== null || view.inbox.length > 0) return false;
        const open = (await chat.sends()).filter((s) => s.state === 'pending' || s.state === 'sending');
        return open.length === 0 ? view : false;
      }),
  };
  return chat;
}
