import { Hono } from 'hono';
import { z } from 'zod';
import { BitrixError } from '../bitrix24/errors.ts';
import { ENTITY_TYPES, type EntityKind, type Portal } from '../bitrix24/portal.ts';
import type { LeakyBucket } from '../bitrix24/server.ts';
import { ControlError } from '../telegram/customer.ts';

const Seed = z.object({
  fields: z.record(z.string(), z.unknown()).default({}),
  phones: z.array(z.string()).default([]),
  emails: z.array(z.string()).default([]),
});
const Limit = z.object({ burst: z.number().positive(), perSecond: z.number().positive() }).nullable();

function kindOf(name: string): number {
  const type = ENTITY_TYPES[name as EntityKind];
  if (!type) throw new ControlError(`There is no entity kind "${name}": lead, deal, contact, company.`);
  return type;
}

/** The portal from inside, under `/bitrix24`; none of it counts against the rate limit. */
export function bitrixControl(portal: Portal, bucket: LeakyBucket): Hono {
  const app = new Hono();

  app.put('/limit', async (c) => {
    bucket.limit = Limit.parse(await c.req.json()) ?? undefined;
    bucket.empty();
    return c.json({});
  });
  app.get('/comments', (c) => c.json(portal.data.comments));
  app.post('/calls', async (c) => {
    const id = portal.nextId();
    portal.data.calls.push({ ID: String(id), ...(await c.req.json()) });
    portal.changed();
    return c.json({ id });
  });
  app.post('/activities', async (c) => {
    const id = portal.nextId();
    portal.data.activities.push({ ID: String(id), ...(await c.req.json()) });
    portal.changed();
    return c.json({ id });
  });
  app.get('/entities/:kind', async (c) => {
    const type = kindOf(c.req.param('kind'));
    const least = Number(c.req.query('least') ?? 0);
    const look = () => (portal.table(type).length >= least ? portal.table(type) : undefined);
    const found = await portal.happened.until(
      look,
      Math.min(60_000, Number(c.req.query('wait') ?? 0)),
      c.req.raw.signal,
    );
    return c.json(found ?? portal.table(type));
  });
  app.post('/entities/:kind', async (c) => {
    const type = kindOf(c.req.param('kind'));
    const { fields, phones, emails } = Seed.parse(await c.req.json());
    const multi = (typeId: string, values: string[]) =>
      values.map((value) => ({ typeId, valueType: 'WORK', value }));
    const entity = portal.draft(type, fields, [...multi('PHONE', phones), ...multi('EMAIL', emails)]);
    portal.insert(type, entity);
    return c.json(entity);
  });
  app.patch('/entities/:kind/:id', async (c) => {
    const type = kindOf(c.req.param('kind'));
    const entity = portal.find(type, Number(c.req.param('id')));
    if (!entity) throw new ControlError(`There is no ${c.req.param('kind')} ${c.req.param('id')}.`);
    portal.update(type, entity, z.record(z.string(), z.unknown()).parse(await c.req.json()));
    return c.json(entity);
  });
  app.onError((error) => {
    if (error instanceof BitrixError) throw new ControlError(error.message);
    throw error;
  });

  return app;
}
