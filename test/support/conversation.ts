import { randomUUID } from 'node:crypto';
import { createRequire } from 'node:module';
import { expect } from 'vitest';
import { findConversation } from '../../db/queries/conversations.ts';
import { conversationWorkflowId } from '../../domain/ids.ts';
import { DEFAULT_TIMING, type Timing } from '../../domain/timing.ts';
import type { conversation } from '../../workflows/index.ts';
import type { ConversationStart } from '../../workflows/kit/messages.ts';
import { type RunStart, runOptions } from '../../workflows/kit/start.ts';
import type { Chat } from './chat.ts';
import { eventually } from './eventually.ts';
import { type Product, type ProductOptions, startProduct } from './product.ts';
import { sharedBundle } from './shared-bundle.ts';

const require = createRequire(import.meta.url);

/** A product that also has the processes of `test/fixtures/workflows`. */
export async function startWithFixtures(options: ProductOptions): Promise<Product> {
  const bundle = await sharedBundle(require.resolve('../fixtures/workflows/index.ts'));
  return startProduct({ ...options, bundle });
}

/** Parks requests to the models until told to let them go. */
export async function holdModels({ outside }: Product, contains?: string) {
  const rule = await outside.mischief.add({
    service: 'ollama',
    method: 'chat',
    kind: 'hold',
    ...(contains === undefined ? {} : { contains }),
  });
  return {
    /** Waits until a request is parked. */
    parked: () => outside.mischief.waitForHeld(rule.id),
    release: () => outside.mischief.remove(rule.id),
  };
}

/** Waits until the conversation workflow of this chat has ended. */
export async function conversationEnded(product: Product, chat: Chat): Promise<string> {
  const handle = product.temporal.workflow.getHandle(conversationWorkflowId(await chat.conversationId()));
  return eventually('the conversation to end', async () => {
    const { status } = await handle.describe();
    return status.name !== 'RUNNING' && status.name;
  });
}

/** Starts the conversation of a chat by hand, where no other is open. */
export async function startConversation(product: Product, chat: Chat, over: Partial<ConversationStart> = {}) {
  const conversationId = await chat.conversationId();
  return product.temporal.workflow.start<typeof conversation>('conversation', {
    workflowId: conversationWorkflowId(conversationId),
    taskQueue: product.settings.temporal.taskQueue,
    args: [{ conversationId, timing: { ...DEFAULT_TIMING, ...product.settings.timing }, ...over }],
  });
}

export interface RunBegun {
  input?: unknown;
  /** What this run is to do in other times than the product's. */
  timing?: Partial<Timing>;
}

/** Starts a process in a chat from outside, as the API does. */
export async function beginRun(
  product: Product,
  chat: Chat,
  process: string,
  { input = {}, timing = {} }: RunBegun = {},
) {
  const conversationId = await chat.conversationId();
  const row = await findConversation(product.db, conversationId);
  if (!row) throw new Error('The chat is not stored.');
  const start: RunStart = {
    input,
    tenantId: row.tenantId,
    tenantSlug: row.tenantSlug,
    customerId: row.customerId,
    conversationId,
    locale: 'ru',
    country: row.country,
    correlationId: `test-${process}`,
    messages: [],
    timing: { ...product.settings.timing, ...timing },
  };
  return product.temporal.workflow.start(process, {
    workflowId: `${process}/test/${chat.id}/${randomUUID()}`,
    taskQueue: product.settings.temporal.taskQueue,
    args: [start],
    ...runOptions(process, start),
  });
}

/** A chat that has been greeted, so that it has a conversation. */
export async function metChat(product: Product): Promise<Chat> {
  const chat = product.chat();
  await chat.say('/start');
  await chat.hears('помощник');
  return chat;
}

/** Waits until everything up to this message of the chat has been handled. */
export async function handled(chat: Chat, number: number) {
  return eventually(`message ${number} of chat ${chat.id} to be handled`, async () => {
    const view = await chat.view();
    return view.mark >= number && view;
  });
}

/** Everything up to this message of the chat has been handled, and none of it began a run. */
export async function noRunBy(chat: Chat, number: number): Promise<void> {
  await handled(chat, number);
  await chat.settled();
  expect(await chat.runs()).toEqual([]);
}

/** Which of these marks the bot's answers take up, in the order in which it does. */
export async function answersTo(chat: Chat, marks: readonly string[]): Promise<string[]> {
  return (await chat.said()).flatMap((said) =>
    marks.filter((mark) => said.includes(mark)).sort((one, other) => said.indexOf(one) - said.indexOf(other)),
  );
}

/** Waits until the projection shows exactly these runs of the chat, in any order. */
export async function ran(chat: Chat, processes: readonly string[]) {
  const wanted = [...processes].sort().join();
  await eventually(`chat ${chat.id} to have run ${wanted}`, async () => {
    const runs = (await chat.runs()).map((run) => run.processId);
    return runs.sort().join() === wanted;
  });
}
