import { setTimeout as sleep } from 'node:timers/promises';
import type { Sql } from 'postgres';

/** How long an id may stay unknown: its row may be in a transaction that is not over. */
const PATIENCE_MS = 3_000;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/g;

/**
 * Tells whose an id is: conversation, lead, send, message or correlation. Looks into the database by a way of its
 * own, which is not held, and remembers.
 */
export function createResolver(sql: () => Sql) {
  const known = new Map<string, number>();
  const lookUps = new Map<string, Promise<number | undefined>>();

  async function lookUp(id: string): Promise<number | undefined> {
    const until = Date.now() + PATIENCE_MS;
    for (;;) {
      try {
        const [row] = await sql()<{ chat: string }[]>`
          select chat_id as chat from conversations where id::text = ${id}
          union all select chat_id from messages where correlation_id = ${id}
          union all select chat_id from sends where id::text = ${id}
          union all select c.chat_id from leads l join conversations c on c.id = l.conversation_id
            where l.id::text = ${id}
          limit 1`;
        if (row) return Number(row.chat);
      } catch {
        // The database is being killed: it is asked again until patience ends.
      }
      if (Date.now() > until) return undefined;
      await sleep(100);
    }
  }

  async function chatOf(id: string): Promise<number | undefined> {
    const found = known.get(id);
    if (found !== undefined) return found;
    const looking = lookUps.get(id) ?? lookUp(id);
    lookUps.set(id, looking);
    const chat = await looking;
    lookUps.delete(id);
    if (chat !== undefined) known.set(id, chat);
    return chat;
  }

  return {
    chatOf,
    learn: (id: string, chat: number) => void known.set(id, chat),
    /** A workflow is named after a conversation, a lead or a send, or is known by its whole name. */
    async chatOfWorkflow(workflowId: string): Promise<number | undefined> {
      const begun = known.get(workflowId);
      if (begun !== undefined) return begun;
      for (const id of workflowId.match(UUID) ?? []) {
        const chat = await chatOf(id);
        if (chat !== undefined) return chat;
      }
      return undefined;
    },
    /** Only what is known without asking. */
    knownChat: (id: string) => known.get(id),
  };
}

export type Resolver = ReturnType<typeof createResolver>;
