import { sql } from 'drizzle-orm';
import { connectDatabase } from '../../db/client.ts';

/** What made runs fail, most frequent first: a bench that stops says why. */
export async function failedRuns(databaseUrl: string): Promise<string> {
  const { db, close } = connectDatabase({ url: databaseUrl, name: 'bench', max: 1 });
  try {
    const rows = await db.execute<{ process_id: string; cause: string; runs: string }>(sql`
      select process_id, cause::text as cause, count(*) as runs from process_runs
      where status = 'failed' group by 1, 2 order by 3 desc limit 5`);
    return rows.map((row) => `${row.runs} of ${row.process_id} failed: ${row.cause}`).join('\n');
  } finally {
    await close();
  }
}
