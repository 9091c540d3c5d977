import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { cursorTo, momentParam, nextCursor, pageParams, pageRequest } from '../listing.ts';
import { instant, json, plainText, problems, tenantParam } from '../schemas/common.ts';
import { requireTenant } from '../tenant.ts';

const Event = z
  .object({
    id: z.uuid(),
    type: z.string().openapi({ example: 'api.run_retry_requested' }),
    subject: z.string().openapi({ description: 'A workflow id, or the id of what it is about.' }),
    actor: z.string().openapi({ description: '`system`, or who asked for it.', example: 'api' }),
    data: z.record(z.string(), z.unknown()),
    correlation_id: z.string(),
    created_at: instant,
  })
  .openapi('Event');
const EventList = z.object({ events: z.array(Event), next_cursor: nextCursor }).openapi('EventList');

const ListQuery = z.strictObject({
  tenant: tenantParam,
  type: plainText(200).optional(),
  subject: plainText(1_000).optional(),
  actor: plainText(200).optional(),
  since: momentParam('Happened at or after.'),
  until: momentParam('Happened before.'),
  ...pageParams,
});

/** The audit trail: important happenings, and every change that a client asked for. */
export function eventRoutes(app: App, deps: Pick<AppDeps, 'ops' | 'tenants'>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/events',
      tags: ['events'],
      summary: 'Read the audit trail, newest first',
      security: [{ token: [] }],
      request: { query: ListQuery },
      responses: { 200: json(EventList, 'A page of events.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const { tenant: slug, type: eventType, limit, cursor, ...rest } = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, slug);
      const page = pageRequest({ limit, cursor });
      const { rows, next } = await deps.ops.audit.list(tenant.id, { ...rest, eventType }, page);
      const events = rows.map((row) => ({
        id: row.id,
        type: row.eventType,
        subject: row.subject,
        actor: row.actor,
        data: row.data,
        correlation_id: row.correlationId,
        created_at: row.createdAt.toISOString(),
      }));
      return c.json({ events, next_cursor: cursorTo(next) }, 200);
    },
  );
}
