import { and, eq } from 'drizzle-orm';
import type { Content } from '../../domain/outbound.ts';
import type { Executor } from '../client.ts';
import { drafts } from '../schema/index.ts';

export async function findDraft(
  db: Executor,
  tenantId: string,
  key: string,
): Promise<{ id: string; content: Content } | undefined> {
  const [row] = await db
    .select({ id: drafts.id, content: drafts.content })
    .from(drafts)
    .where(and(eq(drafts.tenantId, tenantId), eq(drafts.key, key)));
  return row;
}

/** Keeps the first text under a key; a second attempt gets the first one's id. */
export async function saveDraft(
  db: Executor,
  tenantId: string,
  key: string,
  content: Content,
): Promise<string> {
  const [row] = await db
    .insert(drafts)
    .values({ tenantId, key, content })
    .onConflictDoUpdate({ target: [drafts.tenantId, drafts.key], set: { key } })
    .returning({ id: drafts.id });
  if (!row) throw new Error('The draft row was not written.');
  return row.id;
}

/** Keeps a text under a key that means it alone: undefined when another text is kept there already. */
export async function keepDraft(
  db: Executor,
  tenantId: string,
  key: string,
  content: Content,
): Promise<string | undefined> {
  const id = await saveDraft(db, tenantId, key, content);
  const kept = await readDraft(db, tenantId, id);
  return kept.text === content.text && kept.format === content.format ? id : undefined;
}

export async function readDraft(db: Executor, tenantId: string, id: string): Promise<Content> {
  const [row] = await db
    .select({ content: drafts.content })
    .from(drafts)
    .where(and(eq(drafts.tenantId, tenantId), eq(drafts.id, id)));
  if (!row) throw new Error(`There is no draft ${id}.`);
  return row.content;
}
