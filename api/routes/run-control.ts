import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import { byClient } from '../audit.ts';
import type { AppDeps } from '../deps.ts';
import { fingerprint, idempotencyKey } from '../idempotency.ts';
import type { ControlResult, RunControl } from '../ops.ts';
import { Problem, unavailable } from '../problem.ts';
import { json, problems, tenantParam } from '../schemas/common.ts';
import { runIdParam } from '../schemas/run.ts';
import { requireTenant } from '../tenant.ts';
import { API_ACTOR } from './actor.ts';

const Controlled = z
  .object({
    run_id: z.uuid().openapi({ description: 'The run that goes on: another one after a retry or a re-run.' }),
    workflow_id: z.string(),
    existing: z.boolean().openapi({ description: 'The key had done this before.' }),
    waited_for: z
      .string()
      .nullable()
      .openapi({ description: 'What a resumed run waited for.', example: 'the CRM (misconfigured)' }),
  })
  .openapi('RunControlled');

interface Action {
  name: keyof RunControl;
  summary: string;
  description: string;
}

const ACTIONS: readonly Action[] = [
  {
    name: 'retry',
    summary: 'Try again what failed',
    description:
      'Takes a run that ended failed, cancelled or degraded back to the point before the step that failed, and goes on from there as a new run with the same workflow id and `reset_of`. What it has sent and written is not repeated. 409 where no step failed: begin it again instead.',
  },
  {
    name: 'resume',
    summary: 'End a wait now',
    description:
      'Wakes a run that waits for a provider or a timer, so that it tries again at once. 409, with the reason, where it waits for nothing that may be cut short.',
  },
  {
    name: 'rerun',
    summary: 'Begin again with the same input',
    description:
      'Starts a new run of the process with the input of one that has ended, linked by `rerun_of`. All of it happens again, also what the old run has sent and written.',
  },
];

/** Moving a run on: each action happens once per key. */
export function runControlRoutes(app: App, deps: Pick<AppDeps, 'runs' | 'ops' | 'tenants' | 'events'>): void {
  for (const action of ACTIONS) controlRoute(app, deps, action);
}

function controlRoute(
  app: App,
  deps: Pick<AppDeps, 'runs' | 'ops' | 'tenants' | 'events'>,
  { name, summary, description }: Action,
): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: `/api/v1/runs/{id}/${name}`,
      tags: ['runs'],
      summary,
      description,
      security: [{ token: [] }],
      request: {
        params: runIdParam,
        query: z.strictObject({ tenant: tenantParam }),
        headers: z.object({ 'idempotency-key': idempotencyKey }),
      },
      responses: {
        200: json(Controlled, 'This key had done it before.'),
        202: json(Controlled, 'Under way; `Location` is the run.'),
        ...problems(400, 401, 404, 409, 413, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const run = await deps.runs.find(tenant.id, c.req.valid('param').id);
      if (run === undefined) throw new Problem(404, 'not-found', 'There is no such run.');
      const chosen = c.req.valid('header')['idempotency-key'];
      const result = await deps.ops.runs[name]({
        run,
        // By workflow id: a retry changes which run a workflow id names.
        key: fingerprint([tenant.id, run.workflowId, name, chosen]),
        actor: API_ACTOR,
        correlationId: c.get('requestId'),
      });
      const { runId, workflowId, waitedFor, kind } = accepted(result);
      const existing = kind === 'existing';
      const data = { run_id: run.runId, process: run.process, opened_run_id: runId, existing };
      // Also for what was done before: the first attempt may have died before this line.
      await deps.events.record(
        byClient(c, {
          tenantId: tenant.id,
          eventType: `api.run_${name}_requested`,
          subject: run.workflowId,
          data,
        }),
      );
      const answer = { run_id: runId, workflow_id: workflowId, existing, waited_for: waitedFor ?? null };
      const headers = { Location: `/api/v1/runs/${encodeURIComponent(runId)}` };
      return existing ? c.json(answer, 200, headers) : c.json(answer, 202, headers);
    },
  );
}

function accepted(result: ControlResult): Extract<ControlResult, { kind: 'accepted' | 'existing' }> {
  if (result.kind === 'unavailable') {
    throw unavailable('The engine does not answer now. Try again with the same key.');
  }
  if (result.kind === 'refused') throw new Problem(409, result.reason, result.detail);
  return result;
}
