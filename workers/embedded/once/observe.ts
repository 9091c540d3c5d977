import { asc, eq } from 'drizzle-orm';
import type { Database } from '../../../db/client.ts';
import { conversations, processRuns, sends } from '../../../db/schema/index.ts';
import { isFinal } from '../../../domain/history/transitions.ts';
import { say as inWords } from '../../../domain/texts/catalogue.ts';
import type { SandboxClient, TranscriptEvent } from '../../../sandbox/client.ts';
import type { Observed } from './judge.ts';
import type { Act } from './script.ts';

const WORKING = inWords('ru', 'answer.working');

export type RunRow = typeof processRuns.$inferSelect;

/** Runs of the conversation of a chat, oldest first. */
export async function runsOf(db: Database, chatId: number): Promise<RunRow[]> {
  const rows = await db
    .select({ run: processRuns })
    .from(processRuns)
    .innerJoin(conversations, eq(conversations.id, processRuns.conversationId))
    .where(eq(conversations.chatId, String(chatId)))
    .orderBy(asc(processRuns.queuedAt));
  return rows.map(({ run }) => run);
}

/** True when every run of the chat has ended, or waits for a day to come, and nothing waits to be sent. */
export async function isSettled(db: Database, chatId: number, act: Act): Promise<boolean> {
  const runs = await runsOf(db, chatId);
  const expected = act.phoneInCrm === undefined ? [act.process] : [act.process, 'crm_push', 'lead_followup'];
  const begun = expected.every((name) => runs.some(({ processId }) => processId === name));
  const open = (await ledgerOf(db, chatId)).some(({ state }) => state === 'pending' || state === 'sending');
  const rests = ({ status, waitingOn }: RunRow) => isFinal(status) || waitingOn === 'timer';
  return begun && !open && runs.every(rests);
}

export async function observe(
  db: Database,
  sandbox: SandboxClient,
  chatId: number,
  act: Act,
  events: readonly TranscriptEvent[],
  unanswered: string[],
): Promise<Observed> {
  const runs = await runsOf(db, chatId);
  const { phoneInCrm } = act;
  const leads = phoneInCrm === undefined ? [] : await sandbox.bitrix.leads();
  return {
    unanswered,
    seen: events
      .filter(({ kind, direction, text }) => kind === 'message' && direction === 'out' && text !== WORKING)
      .map(({ text, entities }) => ({ text: text ?? '', entities: entities?.length ?? 0 })),
    ledger: (await ledgerOf(db, chatId)).filter(({ text }) => text !== WORKING),
    runs: runs.map(({ processId, status, losses }) => ({
      process: processId,
      state: status,
      losses: losses.length,
    })),
    crmLeads: leads.filter((lead) => JSON.stringify(lead).includes(phoneInCrm ?? '')).length,
  };
}

async function ledgerOf(db: Database, chatId: number): Promise<{ text: string; state: string }[]> {
  const rows = await db
    .select({ chunk: sends.chunk, state: sends.state })
    .from(sends)
    .where(eq(sends.chatId, String(chatId)))
    .orderBy(asc(sends.ordinal));
  return rows.map(({ chunk, state }) => ({ text: chunk.text, state }));
}
