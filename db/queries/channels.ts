import { and, eq, isNull, lt, or, sql } from 'drizzle-orm';
import type { Executor } from '../client.ts';
import { channels } from '../schema/index.ts';

/** The platform has answered a poll. A row that says so already for some seconds is left as it is. */
export async function markPolled(db: Executor, channelId: string): Promise<void> {
  await db
    .update(channels)
    .set({ polledAt: sql`now()` })
    .where(
      and(
        eq(channels.id, channelId),
        or(isNull(channels.polledAt), lt(channels.polledAt, sql`now() - interval '20 seconds'`)),
      ),
    );
}
