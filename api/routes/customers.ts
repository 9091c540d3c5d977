import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { StateChange } from '../../db/queries/customer-states.ts';
import { CUSTOMER_STATES } from '../../domain/customer.ts';
import type { App } from '../app.ts';
import { byClient } from '../audit.ts';
import type { AppDeps, AppEnv } from '../deps.ts';
import { apiWorkflowId, fingerprint, idempotencyKey } from '../idempotency.ts';
import { cursorTo, pageParams, pageRequest } from '../listing.ts';
import { Problem, unavailable } from '../problem.ts';
import { json, plainText, problems, tenantParam } from '../schemas/common.ts';
import {
  CustomerDetailSchema,
  CustomerListSchema,
  customerDetailJson,
  customerJson,
} from '../schemas/people.ts';
import { requireTenant } from '../tenant.ts';
import { API_ACTOR } from './actor.ts';

/** What the path and the query of a change say. */
interface Whom {
  out: { param: z.infer<typeof params>; query: z.infer<typeof tenantQuery> };
}

const security = [{ token: [] }];
const params = z.object({ id: z.uuid() });
const tenantQuery = z.strictObject({ tenant: tenantParam });
const reason = plainText(500)
  .min(1)
  .openapi({ description: 'Kept with the customer and in the event.', example: 'Insults the staff' });

/** The end of a suspension: later than now, and not so far that a ban is meant. */
const until = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((end) => end.getTime() > Date.now(), 'must be in the future')
  .refine((end) => end.getUTCFullYear() < 2100, 'must be before the year 2100')
  .openapi({ type: 'string', format: 'date-time', example: '2027-01-31T09:00:00+05:00' });

const Reason = z.strictObject({ reason }).openapi('SanctionReason');
const Suspend = z.strictObject({ until, reason }).openapi('SuspendCustomer');

/** Customers and their states. */
export function customerRoutes(
  app: App,
  deps: Pick<AppDeps, 'people' | 'tenants' | 'starter' | 'events'>,
): void {
  const { customers } = deps.people;

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/customers',
      tags: ['customers'],
      summary: 'List customers, newest first',
      security,
      request: {
        query: z.strictObject({
          tenant: tenantParam,
          state: z.enum(CUSTOMER_STATES).optional(),
          ...pageParams,
        }),
      },
      responses: { 200: json(CustomerListSchema, 'A page of customers.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, query.tenant);
      const { rows, next } = await customers.list(tenant.id, query.state, pageRequest(query));
      return c.json({ customers: rows.map(customerJson), next_cursor: cursorTo(next) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/customers/{id}',
      tags: ['customers'],
      summary: 'Read a customer with accounts and conversations',
      security,
      request: { params, query: tenantQuery },
      responses: { 200: json(CustomerDetailSchema, 'The customer.'), ...problems(400, 401, 404, 500, 503) },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      return c.json(await read(tenant.id, c.req.valid('param').id), 200);
    },
  );

  const read = async (tenantId: string, id: string) => {
    const customer = await customers.get(tenantId, id);
    if (customer === undefined) throw new Problem(404, 'not-found', 'There is no such customer.');
    return customerDetailJson(customer);
  };

  async function change(c: Context<AppEnv, string, Whom>, wanted: StateChange) {
    const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
    const { id } = c.req.valid('param');
    const by = { correlationId: c.get('requestId'), actor: API_ACTOR };
    const result = await customers.change(tenant.id, id, wanted, by);
    if (result.kind === 'unknown') throw new Problem(404, 'not-found', 'There is no such customer.');
    if (result.kind === 'refused') {
      throw new Problem(
        409,
        'customer-state',
        `A customer who is ${result.state} cannot be changed like this.`,
      );
    }
    return c.json(await read(tenant.id, id), 200);
  }

  const changing = <Body extends z.ZodType>(
    action: string,
    summary: string,
    description: string,
    schema: Body,
  ) =>
    createRoute({
      method: 'post',
      path: `/api/v1/customers/{id}/${action}`,
      tags: ['customers'],
      summary,
      description,
      security,
      request: {
        params,
        query: tenantQuery,
        body: { required: true, content: { 'application/json': { schema } } },
      },
      responses: {
        200: json(CustomerDetailSchema, 'The customer as they are now.'),
        ...problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
      },
    });

  app.openapi(
    changing(
      'suspend',
      'Suspend a customer until a moment',
      'Messages are stored and not served; the customer is told until when, at most every six hours, in their language. Repeating it sets another end.',
      Suspend,
    ),
    (c) => change(c, { kind: 'suspend', ...c.req.valid('json') }),
  );
  app.openapi(
    changing(
      'ban',
      'Ban a customer',
      'Messages are stored and not served, without a word. Runs that wait for a reply of the customer are asked to end.',
      Reason,
    ),
    (c) => change(c, { kind: 'ban', ...c.req.valid('json') }),
  );
  app.openapi(
    changing(
      'lift',
      'Lift a suspension or a ban',
      'The customer is again what they were before. What was stored meanwhile is not answered.',
      Reason,
    ),
    (c) => change(c, { kind: 'lift', ...c.req.valid('json') }),
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/customers/{id}/forget',
      tags: ['customers'],
      summary: "Erase a customer's personal data",
      description:
        'Starts a run of the process `forget`, without asking the customer. It cannot be undone. Repeating the request with the same key is harmless.',
      security,
      request: { params, query: tenantQuery, headers: z.object({ 'idempotency-key': idempotencyKey }) },
      responses: {
        202: json(
          z
            .object({ workflow_id: z.string(), run_id: z.uuid(), existing: z.boolean() })
            .openapi('ForgetRequested'),
          'The run has begun, now or by this key before.',
        ),
        ...problems(400, 401, 404, 409, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const { id } = await read(tenant.id, c.req.valid('param').id);
      const input = { customerId: id, actor: API_ACTOR };
      const started = await deps.starter.start({
        tenantId: tenant.id,
        process: 'forget',
        workflowId: apiWorkflowId('forget', tenant.id, c.req.valid('header')['idempotency-key']),
        input,
        fingerprint: fingerprint(input),
        correlationId: c.get('requestId'),
        actor: API_ACTOR,
      });
      if (started.kind === 'unavailable') {
        throw unavailable('The engine is not reachable now. Try again with the same key.');
      }
      if (started.kind === 'conflict') {
        throw new Problem(409, 'idempotency-conflict', 'This key has been used for another customer.');
      }
      const { workflowId, runId } = started;
      const data = { run_id: runId };
      await deps.events.record(
        byClient(c, { tenantId: tenant.id, eventType: 'api.forget_requested', subject: id, data }),
      );
      return c.json({ workflow_id: workflowId, run_id: runId, existing: started.kind === 'existing' }, 202);
    },
  );
}
