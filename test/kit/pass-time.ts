import { type Client, WorkflowNotFoundError } from '@temporalio/client';
import { conversationWorkflowId } from '../../domain/ids.ts';
import type { Chat } from '../support/chat.ts';
import { eventually } from '../support/eventually.ts';
import { forwardSignal, nextTimerQuery } from './moving-clock.ts';

const UNITS = { second: 1_000, minute: 60_000, hour: 3_600_000, day: 86_400_000, week: 604_800_000 };

/** A span of time in words: `3 days`, `1 hour`. */
export type Span = `${number} ${keyof typeof UNITS}${'s' | ''}`;

export function milliseconds(span: Span): number {
  const [count, unit = ''] = span.split(' ');
  const ms = Number(count) * (UNITS[unit.replace(/s$/, '') as keyof typeof UNITS] ?? Number.NaN);
  if (!(ms > 0)) throw new Error(`"${span}" is no span of time.`);
  return ms;
}

/** A long wait is taken in so many hops at most, plus one for each timer that stands alone. */
const HOPS = 12;
const PENDING_SCHEDULED = 1;

/**
 * Lets time pass in one chat: its conversation and open runs see the clock move from timer to timer, and
 * what each timer brings about is done before the clock moves on. Takes seconds, however long the wait.
 * Time in the database and at providers does not move, nor does the server's pause before it repeats an activity.
 */
export async function passTime(chat: Chat, temporal: Client, ms: number): Promise<void> {
  for (let left = ms; left > 0; ) {
    const open = await atRest(chat, temporal);
    const dues = await Promise.all(open.map((id) => handle(temporal, id).query(nextTimerQuery)));
    const next = Math.min(...dues.map((due) => due ?? Number.POSITIVE_INFINITY));
    const hop = Math.min(left, Math.max(next, ms / HOPS));
    await Promise.all(open.map((id) => whileOpen(handle(temporal, id).signal(forwardSignal, hop))));
    left -= hop;
  }
  await atRest(chat, temporal);
}

const handle = (temporal: Client, workflowId: string) => temporal.workflow.getHandle(workflowId);

/** A workflow that has ended meanwhile needs no clock. */
const whileOpen = (signalled: Promise<void>) =>
  signalled.catch((error: unknown) => {
    if (!(error instanceof WorkflowNotFoundError)) throw error;
  });

/** The open workflows of the chat, once all of them do nothing but wait. */
async function atRest(chat: Chat, temporal: Client): Promise<string[]> {
  const conversation = conversationWorkflowId(await chat.conversationId());
  let before = '';
  return eventually(`chat ${chat.id} to do nothing but wait`, async () => {
    const runs = (await chat.runs()).filter((run) => run.endedAt === null).map((run) => run.workflowId);
    const looked = await look(temporal, [conversation, ...runs]);
    const marks = looked.map(({ workflowId, events }) => `${workflowId} ${events}`).join();
    const still = marks === before && looked.every(({ busy }) => !busy);
    before = marks;
    return still && looked.map(({ workflowId }) => workflowId);
  });
}

async function look(temporal: Client, ids: readonly string[]) {
  const open = new Map<string, { workflowId: string; busy: boolean; events: string }>();
  const visit = async (workflowId: string): Promise<void> => {
    if (open.has(workflowId)) return;
    const { status, historyLength, raw } = await handle(temporal, workflowId).describe();
    if (status.name !== 'RUNNING') return;
    const active = raw.pendingActivities?.some(
      ({ state, attempt }) => state !== PENDING_SCHEDULED || (attempt ?? 1) <= 1,
    );
    const busy = Boolean(raw.pendingWorkflowTask) || Boolean(active);
    open.set(workflowId, { workflowId, busy, events: String(historyLength) });
    await Promise.all((raw.pendingChildren ?? []).map((child) => visit(child.workflowId ?? '')));
  };
  await Promise.all(ids.map(visit));
  return [...open.values()].sort((a, b) => (a.workflowId < b.workflowId ? -1 : 1));
}
