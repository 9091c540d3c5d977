import { desc, inArray, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { sendDoubts, sends, tenants } from '../schema/index.ts';

const view = {
  sendId: sendDoubts.sendId,
  attempt: sendDoubts.attempt,
  begunAt: sendDoubts.begunAt,
  endedAt: sendDoubts.endedAt,
  afterId: sendDoubts.afterId,
  beforeId: sendDoubts.beforeId,
  candidates: sendDoubts.candidates,
  looks: sendDoubts.looks,
  finding: sendDoubts.finding,
  answer: sendDoubts.answer,
  messageId: sendDoubts.messageId,
  nextLookAt: sendDoubts.nextLookAt,
  waitsForPerson: sendDoubts.waitsForPerson,
};
export type DoubtView = Pick<typeof sendDoubts.$inferSelect, Exclude<keyof typeof view, 'sendId'>>;

/** What is known of the latest attempt in doubt of each of these sends. */
export async function withDoubts<T extends { id: string }>(
  db: Pick<Executor, 'select'>,
  rows: readonly T[],
): Promise<(T & { doubt: DoubtView | null })[]> {
  const doubts = new Map<string, DoubtView>();
  if (rows.length > 0) {
    const ids = rows.map(({ id }) => id);
    const found = await db
      .select(view)
      .from(sendDoubts)
      .where(inArray(sendDoubts.sendId, ids))
      .orderBy(desc(sendDoubts.attempt));
    for (const { sendId, ...doubt } of found) if (!doubts.has(sendId)) doubts.set(sendId, doubt);
  }
  return rows.map((row) => ({ ...row, doubt: doubts.get(row.id) ?? null }));
}

/** Sends of unknown fate of a tenant, by who or what settles them. */
export interface DoubtCount {
  tenantId: string;
  tenant: string;
  waitsFor: 'evidence' | 'person';
  count: number;
  oldestAt: Date;
}

/** A send waits for evidence while its last attempt is looked for and nobody has to decide; else for a person. */
export async function countDoubts(db: Executor): Promise<DoubtCount[]> {
  const rows = await db.execute(sql`
    select ${sends.tenantId}, ${tenants.slug}, open.is_open, count(*) as count, min(${sends.createdAt}) as oldest
    from ${sends}
    join ${tenants} on ${tenants.id} = ${sends.tenantId}
    cross join lateral (select exists (
      select from ${sendDoubts}
      where ${sendDoubts.sendId} = ${sends.id} and ${sendDoubts.nextLookAt} is not null
        and not ${sendDoubts.waitsForPerson}) as is_open) open
    where ${sends.state} = 'unknown'
    group by 1, 2, 3`);
  return rows.map((row) => ({
    tenantId: String(row.tenant_id),
    tenant: String(row.slug),
    waitsFor: row.is_open === true ? 'evidence' : 'person',
    count: Number(row.count),
    oldestAt: new Date(String(row.oldest)),
  }));
}
