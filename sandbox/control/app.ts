import { Hono } from 'hono';
import { z } from 'zod';
import type { Portal } from '../bitrix24/portal.ts';
import type { LeakyBucket } from '../bitrix24/server.ts';
import type { Journal } from '../mischief/journal.ts';
import type { Mischief } from '../mischief/mischief.ts';
import type { ModelRequests } from '../model/requests.ts';
import type { ModelShelf } from '../ollama/models.ts';
import { ControlError } from '../telegram/customer.ts';
import { bitrixControl } from './bitrix.ts';
import { journalControl, mischiefControl } from './mischief.ts';
import { type TelegramControlDeps, telegramControl } from './telegram.ts';

export interface ControlDeps extends TelegramControlDeps {
  mischief: Mischief;
  journal: Journal;
  requests: ModelRequests;
  models: ModelShelf;
  portal: Portal;
  bucket: LeakyBucket;
  urls: () => Record<string, string>;
}

const Models = z.object({ loadMs: z.number().nonnegative().optional(), unloadAll: z.boolean().optional() });

/** What tests, the demo and the terminal chat steer the sandbox with. Bound to loopback, no authentication. */
export function controlApp(deps: ControlDeps): Hono {
  const { mischief, journal, requests, models, portal, bucket, state } = deps;
  const app = new Hono();

  app.get('/urls', (c) => c.json(deps.urls()));
  app.route('/telegram', telegramControl(deps));
  app.route('/bitrix24', bitrixControl(portal, bucket));
  app.route('/mischief', mischiefControl(mischief));
  app.route('/calls', journalControl(journal));
  app.get('/llm/requests', async (c) => {
    const { after, wait } = c.req.query();
    return c.json(await requests.read(Number(after ?? 0), Math.min(60_000, Number(wait ?? 0))));
  });
  app.delete('/llm/requests', (c) => {
    requests.clear();
    return c.json({});
  });
  app.put('/llm/models', async (c) => {
    const { loadMs, unloadAll } = Models.parse(await c.req.json());
    if (loadMs !== undefined) models.loadMs = loadMs;
    if (unloadAll) models.unloadAll();
    return c.json({});
  });
  app.post('/reset', async (c) => {
    await mischief.clear();
    state.reset();
    portal.reset();
    bucket.empty();
    journal.clear();
    requests.clear();
    return c.json({});
  });

  app.onError((error, c) => {
    if (error instanceof z.ZodError) return c.json({ error: z.prettifyError(error) }, 400);
    if (error instanceof ControlError || error instanceof SyntaxError)
      return c.json({ error: error.message }, 400);
    return c.json({ error: `The sandbox failed: ${error.message}` }, 500);
  });
  return app;
}
