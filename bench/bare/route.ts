import { serve } from '@hono/node-server';
import { sql } from 'drizzle-orm';
import { Hono } from 'hono';
import { connectDatabase } from '../../db/client.ts';

/** The least that could be called an intake: a route, one INSERT, 200. */
const url = process.env.DATABASE_URL;
if (url === undefined) throw new Error('DATABASE_URL is not set.');
const { db } = connectDatabase({ url, name: 'bare', max: 10 });
await db.execute(
  sql`create table if not exists bare_updates (update_id bigint primary key, raw jsonb not null)`,
);

const app = new Hono().post('/', async (c) => {
  const update = await c.req.json<{ update_id: number }>();
  await db.execute(
    sql`insert into bare_updates values (${update.update_id}, ${JSON.stringify(update)}::jsonb) on conflict do nothing`,
  );
  return c.body(null, 200);
});
serve({ fetch: app.fetch, port: 0, hostname: '127.0.0.1' }, ({ port }) => {
  console.log(JSON.stringify({ ready: { url: `http://127.0.0.1:${port}` } }));
});
process.once('SIGTERM', () => process.exit(0));
