import { sql } from 'drizzle-orm';
import type { Database } from '../../../db/client.ts';
import { conversations, processRuns, sends } from '../../../db/schema/index.ts';
import { groupBy } from './group.ts';
import { createPulse } from './pulse.ts';

const LOOK_MS = 250;

/** What the database shows of all customers of the sweep, by chat. */
export interface Shown {
  conversations: Map<number, typeof conversations.$inferSelect>;
  runs: Map<number, (typeof processRuns.$inferSelect)[]>;
  sends: Map<number, (typeof sends.$inferSelect)[]>;
}

/** One look for all who wait for something, from the chat `from` on. */
export function createLedger(db: Database, from: () => number) {
  return createPulse<Shown>(async () => {
    const least = sql`${conversations.chatId}::bigint >= ${from()}`;
    const known = await db.select().from(conversations).where(least);
    const chats = new Map(known.map((one) => [one.id, Number(one.chatId)]));
    const of = sql`conversation_id in (select id from conversations where ${least})`;
    const runs = await db.select().from(processRuns).where(of).orderBy(processRuns.queuedAt);
    const sent = await db.select().from(sends).where(of).orderBy(sends.ordinal);
    return {
      conversations: new Map(known.map((one) => [Number(one.chatId), one])),
      runs: groupBy(runs, (run) => chats.get(run.conversationId ?? '') ?? 0),
      sends: groupBy(sent, (send) => Number(send.chatId)),
    };
  }, LOOK_MS);
}

export type Ledger = ReturnType<typeof createLedger>;
