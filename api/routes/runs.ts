import { createRoute, z } from '@hono/zod-openapi';
import { RUN_STATES, WAITING_ON } from '../../domain/run.ts';
import type { App } from '../app.ts';
import { byClient } from '../audit.ts';
import type { AppDeps } from '../deps.ts';
import { cursorTo, momentParam, pageParams, pageRequest } from '../listing.ts';
import { Problem, unavailable } from '../problem.ts';
import { json, plainText, problems, tenantParam } from '../schemas/common.ts';
import { detailJson, RunDetailSchema, RunListSchema, runIdParam, summaryJson } from '../schemas/run.ts';
import { requireTenant } from '../tenant.ts';
import { API_ACTOR } from './actor.ts';

const security = [{ token: [] }];

const ListQuery = z.strictObject({
  tenant: tenantParam,
  process: plainText(200).optional(),
  status: z.enum(RUN_STATES).optional(),
  waiting_on: z.enum(WAITING_ON).optional(),
  customer_id: z.uuid().optional(),
  conversation_id: z.uuid().optional(),
  workflow_id: plainText(1_000).optional(),
  since: momentParam('Queued at or after.'),
  until: momentParam('Queued before.'),
  ...pageParams,
});

/** Runs as their histories tell them: reading, and asking one to end. */
export function runRoutes(app: App, deps: Pick<AppDeps, 'runs' | 'starter' | 'tenants' | 'events'>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/runs',
      tags: ['runs'],
      summary: 'List runs, newest first',
      security,
      request: { query: ListQuery },
      responses: { 200: json(RunListSchema, 'A page of runs.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, query.tenant);
      const page = pageRequest(query);
      const filter = {
        process: query.process,
        status: query.status,
        waitingOn: query.waiting_on,
        customerId: query.customer_id,
        conversationId: query.conversation_id,
        workflowId: query.workflow_id,
        since: query.since,
        until: query.until,
      };
      const { rows, next } = await deps.runs.list(tenant.id, filter, page);
      return c.json({ runs: rows.map(summaryJson), next_cursor: cursorTo(next) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/runs/{id}',
      tags: ['runs'],
      summary: 'Read a run with its steps, model calls and sends',
      description:
        'A run started a moment ago appears as soon as its history has been read, usually within a second.',
      security,
      request: { params: runIdParam, query: z.strictObject({ tenant: tenantParam }) },
      responses: { 200: json(RunDetailSchema, 'The run.'), ...problems(400, 401, 404, 500, 503) },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const run = await deps.runs.get(tenant.id, c.req.valid('param').id);
      if (run === undefined) throw new Problem(404, 'not-found', 'There is no such run.');
      return c.json(detailJson(run), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/runs/{id}/cancel',
      tags: ['runs'],
      summary: 'Ask a run to end',
      description: 'The run cleans up before it ends, so its state changes a little later.',
      security,
      request: {
        params: runIdParam,
        query: z.strictObject({ tenant: tenantParam }),
        body: {
          content: {
            'application/json': {
              schema: z.strictObject({ reason: plainText(500).optional() }).openapi('CancelRun'),
            },
          },
        },
      },
      responses: {
        202: json(
          z.object({ run_id: z.uuid(), workflow_id: z.string() }).openapi('CancelRequested'),
          'Asked.',
        ),
        ...problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const run = await deps.runs.find(tenant.id, c.req.valid('param').id);
      if (run === undefined) throw new Problem(404, 'not-found', 'There is no such run.');
      if (run.endedAt !== null) throw closed();
      const correlationId = c.get('requestId');
      const reason = c.req.valid('json').reason ?? 'cancelled through the API';
      const { runId, workflowId } = run;
      const result = await deps.starter.cancel({
        workflowId,
        firstRunId: runId,
        currentRunId: run.currentRunId,
        reason,
        correlationId,
        actor: API_ACTOR,
      });
      if (result === 'unavailable') throw unavailable('The engine is not reachable now. Try again.');
      if (result === 'closed') throw closed();
      const data = { run_id: runId, process: run.process, reason };
      await deps.events.record(
        byClient(c, {
          tenantId: tenant.id,
          eventType: 'api.run_cancel_requested',
          subject: workflowId,
          data,
        }),
      );
      return c.json({ run_id: runId, workflow_id: workflowId }, 202);
    },
  );
}

const closed = () => new Problem(409, 'run-closed', 'A run that has ended cannot be cancelled.');
