import { Hono } from 'hono';
import type { Journal } from '../mischief/journal.ts';
import type { Mischief } from '../mischief/mischief.ts';
import { MischiefRule } from '../mischief/rule.ts';
import { ControlError } from '../telegram/customer.ts';

const MOST_WAIT_MS = 60_000;

/** Rules and parked requests under `/mischief`. */
export function mischiefControl(mischief: Mischief): Hono {
  const app = new Hono();
  app.get('/rules', (c) => c.json(mischief.list()));
  app.post('/rules', async (c) => c.json(await mischief.add(MischiefRule.parse(await c.req.json())), 201));
  app.delete('/rules', async (c) => {
    await mischief.clear();
    return c.json({});
  });
  app.delete('/rules/:id', async (c) => {
    if (!(await mischief.remove(Number(c.req.param('id'))))) throw new ControlError('There is no such rule.');
    return c.json({});
  });
  app.get('/held', async (c) => {
    const rule = c.req.query('rule');
    const wait = Math.min(MOST_WAIT_MS, Number(c.req.query('wait') ?? 0));
    return c.json(await mischief.held(rule === undefined ? undefined : Number(rule), wait));
  });
  app.post('/held/:id/release', (c) => c.json({ released: mischief.release(Number(c.req.param('id'))) }));
  return app;
}

/** Received requests under `/calls`: filters `service`, `method`, `chat`; `after` and `wait` to follow them. */
export function journalControl(journal: Journal): Hono {
  const app = new Hono();
  app.get('/', async (c) => {
    const { service, method, chat, after, wait } = c.req.query();
    const entries = await journal.read(
      Number(after ?? 0),
      (entry) =>
        (service === undefined || entry.service === service) &&
        (method === undefined || entry.method.toLowerCase() === method.toLowerCase()) &&
        (chat === undefined || entry.chatId === chat),
      Math.min(MOST_WAIT_MS, Number(wait ?? 0)),
    );
    return c.json(entries);
  });
  app.delete('/', (c) => {
    journal.clear();
    return c.json({});
  });
  return app;
}
