import { createRoute, z } from '@hono/zod-openapi';
import { storable } from '../../domain/storable.ts';
import type { App } from '../app.ts';
import { byClient } from '../audit.ts';
import type { AppDeps } from '../deps.ts';
import { apiWorkflowId, fingerprint, idempotencyKey, oneKey } from '../idempotency.ts';
import { Problem, pointerErrors, unavailable } from '../problem.ts';
import { json, problems, tenantParam } from '../schemas/common.ts';
import { requireTenant } from '../tenant.ts';
import { API_ACTOR } from './actor.ts';
import { requireProcess } from './processes.ts';

const Body = z
  .strictObject({
    input: z.unknown().openapi({ description: "Checked against the process's input schema." }),
    key: idempotencyKey.optional().openapi({ description: 'Instead of the header Idempotency-Key.' }),
  })
  .openapi('StartRun');

const Started = z
  .object({
    workflow_id: z.string(),
    run_id: z.uuid(),
    process: z.string(),
    existing: z.boolean().openapi({ description: 'The key had started this run before.' }),
  })
  .openapi('RunStarted');

/** Starts runs. The same key means the same run, for as long as the engine keeps it. */
export function startRunRoute(
  app: App,
  deps: Pick<AppDeps, 'processes' | 'starter' | 'tenants' | 'events'>,
): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/processes/{name}/runs',
      tags: ['processes', 'runs'],
      summary: 'Start a run',
      description:
        'Needs an idempotency key, in the header or the body: repeating the request is then harmless.',
      security: [{ token: [] }],
      request: {
        params: z.object({ name: z.string() }),
        query: z.strictObject({ tenant: tenantParam }),
        headers: z.object({ 'idempotency-key': idempotencyKey.optional() }),
        body: { required: true, content: { 'application/json': { schema: Body } } },
      },
      responses: {
        200: json(Started, 'The run that this key started before.'),
        201: json(Started, 'Started; `Location` is the run.'),
        ...problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
      },
    }),
    async (c) => {
      const definition = requireProcess(deps.processes, c.req.valid('param').name);
      const body = c.req.valid('json');
      const chosen = oneKey(c.req.valid('header')['idempotency-key'], body.key);
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const input = definition.input.safeParse(storable(body.input));
      if (!input.success) {
        throw new Problem(422, 'invalid-input', `The input is not one of the process ${definition.name}.`, {
          errors: pointerErrors(input.error, ['input']),
        });
      }
      const correlationId = c.get('requestId');
      const result = await deps.starter.start({
        tenantId: tenant.id,
        process: definition.name,
        workflowId: apiWorkflowId(definition.name, tenant.id, chosen),
        input: input.data,
        fingerprint: fingerprint(body.input),
        correlationId,
        actor: API_ACTOR,
      });
      if (result.kind === 'unavailable') {
        throw unavailable('The engine is not reachable now. Try again with the same key.');
      }
      if (result.kind === 'conflict') {
        throw new Problem(409, 'idempotency-conflict', 'This key has started a run with another input.');
      }
      const { workflowId, runId } = result;
      const existing = result.kind === 'existing';
      // Also for an existing run: the first attempt may have died between the start and this line.
      const data = { run_id: runId, process: definition.name, existing };
      await deps.events.record(
        byClient(c, { tenantId: tenant.id, eventType: 'api.run_start_requested', subject: workflowId, data }),
      );
      const answer = { workflow_id: workflowId, run_id: runId, process: definition.name, existing };
      const headers = { Location: `/api/v1/runs/${encodeURIComponent(workflowId)}` };
      return existing ? c.json(answer, 200, headers) : c.json(answer, 201, headers);
    },
  );
}
