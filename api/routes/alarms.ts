import { createRoute, z } from '@hono/zod-openapi';
import type { AlarmRow } from '../../db/queries/alarms.ts';
import { ALARM_KINDS } from '../../domain/alarm.ts';
import { alarmSentence } from '../../domain/texts/alarm-sentence.ts';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { cursorTo, nextCursor, pageParams, pageRequest } from '../listing.ts';
import { json, problems, tenantParam } from '../schemas/common.ts';
import { requireTenant } from '../tenant.ts';

const instant = z.iso.datetime().openapi({ example: '2026-01-31T09:00:00.000Z' });

const Alarm = z
  .object({
    id: z.uuid(),
    kind: z.enum(ALARM_KINDS),
    subject: z.string().openapi({
      description: 'What it is about: a channel, a process, or the tenant.',
      example: 'default',
    }),
    severity: z
      .enum(['warning', 'critical'])
      .openapi({ description: '`critical`: customers are not served.' }),
    what: z.string().openapi({ description: 'In a sentence, as it stands now.' }),
    words: z.record(z.string(), z.union([z.string(), z.number()])),
    raised_at: instant,
    cleared_at: instant.nullable().openapi({ description: 'Null while it is open.' }),
    told: z
      .enum(['no_chat', 'waiting', 'told'])
      .openapi({ description: 'Whether the chat of the people on call has its newest news.' }),
    tell_error: z.string().nullable().openapi({ description: 'Why it could not be told the last time.' }),
  })
  .openapi('Alarm');

const AlarmList = z.object({ alarms: z.array(Alarm), next_cursor: nextCursor }).openapi('AlarmList');

/** What is or was wrong with the installation. */
export function alarmRoutes(app: App, deps: Pick<AppDeps, 'alarms' | 'tenants'>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/alarms',
      tags: ['operations'],
      summary: 'List alarms, newest first',
      security: [{ token: [] }],
      request: {
        query: z.strictObject({
          tenant: tenantParam,
          open: z
            .enum(['true', 'false'])
            .optional()
            .openapi({ description: 'Only those open now, or over.' }),
          ...pageParams,
        }),
      },
      responses: { 200: json(AlarmList, 'A page of alarms.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const { tenant: slug, open, ...page } = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, slug);
      const { rows, next } = await deps.alarms.list(
        tenant.id,
        open === undefined ? undefined : open === 'true',
        pageRequest(page),
      );
      return c.json({ alarms: rows.map(alarmJson), next_cursor: cursorTo(next) }, 200);
    },
  );
}

function alarmJson(alarm: AlarmRow): z.infer<typeof Alarm> {
  const over = alarm.clearedAt !== null;
  const told = over ? alarm.clearToldAt !== null : alarm.raiseToldAt !== null;
  return {
    id: alarm.id,
    kind: alarm.kind,
    subject: alarm.subject,
    severity: alarm.severity,
    what: alarmSentence('en', alarm),
    words: alarm.words,
    raised_at: alarm.raisedAt.toISOString(),
    cleared_at: alarm.clearedAt?.toISOString() ?? null,
    told: !alarm.notify ? 'no_chat' : told ? 'told' : 'waiting',
    tell_error: alarm.tellError,
  };
}
