import { desc } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { restores } from '../schema/index.ts';

/** When this database was last put back from a backup; undefined for never. */
export async function lastRestore(db: Executor): Promise<Date | undefined> {
  const [row] = await db
    .select({ at: restores.restoredAt })
    .from(restores)
    .orderBy(desc(restores.restoredAt))
    .limit(1);
  return row?.at;
}
