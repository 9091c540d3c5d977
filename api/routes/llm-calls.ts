import { createRoute, z } from '@hono/zod-openapi';
import { COST_GROUPS, type CostSum, MAX_COST_ROWS } from '../../db/queries/llm-costs.ts';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { cursorTo, momentParam, nextCursor, pageParams, pageRequest } from '../listing.ts';
import { json, plainText, problems, tenantParam } from '../schemas/common.ts';
import { LedgerLlmCallSchema, ledgerLlmCallJson } from '../schemas/llm-call.ts';
import { requireTenant } from '../tenant.ts';

const security = [{ token: [] }];

const ListQuery = z.strictObject({
  tenant: tenantParam,
  run: plainText(1_000).optional().openapi({ description: 'Run id or workflow id.' }),
  provider: plainText(100).optional(),
  model: plainText(200).optional(),
  role: plainText(100).optional(),
  outcome: plainText(100).optional().openapi({ example: 'ok' }),
  since: momentParam('Made at or after.'),
  until: momentParam('Made before.'),
  ...pageParams,
});
const LlmCallList = z
  .object({ llm_calls: z.array(LedgerLlmCallSchema), next_cursor: nextCursor })
  .openapi('LlmCallList');

const CostsQuery = z.strictObject({
  tenant: tenantParam,
  by: z.enum(COST_GROUPS),
  from: momentParam('Calls made at or after this moment; without it, all that are kept.'),
  to: momentParam('Calls made before this moment.'),
});

const Sum = z
  .object({
    currency: z.string().openapi({ example: 'USD' }),
    cost_micros: z.int().openapi({ description: 'Millionths of the currency unit.' }),
    calls: z.int(),
    unpriced_calls: z.int().openapi({ description: 'Calls whose price is not known; not in `cost_micros`.' }),
    prompt_tokens: z.int(),
    completion_tokens: z.int(),
  })
  .openapi('LlmCostSum');

const Costs = z
  .object({
    by: z.enum(COST_GROUPS),
    costs: z.array(
      Sum.extend({
        key: z.string().nullable().openapi({
          description:
            'Workflow id of the run, id of the conversation (null: none), day in UTC, or provider.',
        }),
      }).openapi('LlmCost'),
    ),
    totals: z.array(Sum).openapi({ description: 'Over all groups, one for each currency.' }),
    truncated: z.boolean().openapi({ description: `There are more than ${MAX_COST_ROWS} groups.` }),
  })
  .openapi('LlmCosts');

const sumJson = (sum: CostSum): z.infer<typeof Sum> => ({
  currency: sum.currency,
  cost_micros: sum.costMicros,
  calls: sum.calls,
  unpriced_calls: sum.unpricedCalls,
  prompt_tokens: sum.promptTokens,
  completion_tokens: sum.completionTokens,
});

/** What models were asked, and what it cost. */
export function llmCallRoutes(app: App, deps: Pick<AppDeps, 'ops' | 'runs' | 'tenants'>): void {
  const { llmCalls } = deps.ops;

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/llm-calls',
      tags: ['llm-calls'],
      summary: 'List model calls, newest first',
      security,
      request: { query: ListQuery },
      responses: { 200: json(LlmCallList, 'A page of model calls.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const { tenant: slug, run, limit, cursor, ...rest } = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, slug);
      const page = pageRequest({ limit, cursor });
      const found = run === undefined ? undefined : await deps.runs.find(tenant.id, run);
      const filter = { ...rest, workflowId: found?.workflowId ?? run };
      const { rows, next } = await llmCalls.list(tenant.id, filter, page);
      return c.json({ llm_calls: rows.map(ledgerLlmCallJson), next_cursor: cursorTo(next) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/llm-calls/costs',
      tags: ['llm-calls'],
      summary: 'What model calls cost, by run, conversation, day or provider',
      description:
        'Currencies are never added up: a group with two of them has two rows. Days come in order, other groups dearest first.',
      security,
      request: { query: CostsQuery },
      responses: { 200: json(Costs, 'The sums.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const { tenant: slug, by, from, to } = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, slug);
      const { rows, totals, truncated } = await llmCalls.costs(tenant.id, by, { from, to });
      const costs = rows.map((row) => ({ key: row.key, ...sumJson(row) }));
      return c.json({ by, costs, totals: totals.map(sumJson), truncated }, 200);
    },
  );
}
