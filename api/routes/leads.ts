import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { fingerprint, idempotencyKey } from '../idempotency.ts';
import { cursorTo, momentParam, pageParams, pageRequest } from '../listing.ts';
import { Problem, unavailable } from '../problem.ts';
import { json, plainText, problems, tenantParam } from '../schemas/common.ts';
import { LeadListSchema, LeadSchema, leadJson } from '../schemas/people.ts';
import { requireTenant } from '../tenant.ts';
import { API_ACTOR } from './actor.ts';

const security = [{ token: [] }];
const params = z.object({ id: z.uuid() });
const missing = () => new Problem(404, 'not-found', 'There is no such lead.');
const badPhone = () =>
  new Problem(422, 'invalid-input', 'The phone is none.', {
    errors: [{ pointer: '#/phone', detail: 'is not a phone number that anybody could have' }],
  });

const fields = {
  name: plainText(200).min(1).optional().openapi({ example: 'Анна' }),
  phone: plainText(32).min(5).optional().openapi({
    example: '8 701 123 45 67',
    description: "International, or as people in the tenant's country write it.",
  }),
  email: z.email().max(254).optional(),
  need: z.string().min(1).max(4_000).optional().openapi({ example: 'Кухня на заказ' }),
};

const Create = z
  .strictObject({
    ...fields,
    customer_id: z.uuid().optional(),
    verified: z
      .array(z.enum(['phone', 'email']))
      .max(2)
      .optional()
      .openapi({
        description:
          'What the caller has proved to be theirs. Without `customer_id` the lead is that of the customer who has the same phone, else the same e-mail.',
        example: ['phone'],
      }),
  })
  .refine((lead) => lead.phone !== undefined || lead.email !== undefined, {
    path: ['phone'],
    message: 'a lead needs a phone or an e-mail',
  })
  .openapi('CreateLead');
const Update = z
  .strictObject(fields)
  .refine((change) => Object.keys(change).length > 0, 'nothing is to be changed')
  .openapi('UpdateLead');
const Created = z
  .object({
    lead: LeadSchema,
    push_workflow_id: z
      .string()
      .nullable()
      .openapi({ description: 'The run that brings it into the CRM; null where there is none.' }),
    existing: z.boolean().openapi({ description: 'The key had created this lead before.' }),
  })
  .openapi('LeadCreated');

/** What customers want: leads, whoever took them. */
export function leadRoutes(app: App, deps: Pick<AppDeps, 'people' | 'tenants'>): void {
  const { leads } = deps.people;

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/leads',
      tags: ['leads'],
      summary: 'List leads, newest first',
      security,
      request: {
        query: z.strictObject({
          tenant: tenantParam,
          status: z.enum(['complete', 'partial']).optional(),
          customer_id: z.uuid().optional(),
          since: momentParam('Created at or after.'),
          until: momentParam('Created before.'),
          ...pageParams,
        }),
      },
      responses: { 200: json(LeadListSchema, 'A page of leads.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, query.tenant);
      const { status, customer_id: customerId, since, until } = query;
      const page = await leads.list(tenant.id, { status, customerId, since, until }, pageRequest(query));
      return c.json({ leads: page.rows.map(leadJson), next_cursor: cursorTo(page.next) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/leads/{id}',
      tags: ['leads'],
      summary: 'Read a lead',
      security,
      request: { params, query: z.strictObject({ tenant: tenantParam }) },
      responses: { 200: json(LeadSchema, 'The lead.'), ...problems(400, 401, 404, 500, 503) },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const lead = await leads.get(tenant.id, c.req.valid('param').id);
      if (lead === undefined) throw missing();
      return c.json(leadJson(lead), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/leads',
      tags: ['leads'],
      summary: 'Create a lead and bring it into the CRM',
      description:
        'Starts a run of `crm_push` for a tenant with a CRM. Repeating the request with the same key is harmless. 503 after the lead was stored: its push has not begun; repeat the request.',
      security,
      request: {
        query: z.strictObject({ tenant: tenantParam }),
        headers: z.object({ 'idempotency-key': idempotencyKey }),
        body: { required: true, content: { 'application/json': { schema: Create } } },
      },
      responses: {
        200: json(Created, 'The lead that this key created before.'),
        201: json(Created, 'Created; `Location` is the lead.'),
        ...problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const body = c.req.valid('json');
      const { customer_id: customerId, verified: proved, ...told } = body;
      const made = await leads.create({
        tenantId: tenant.id,
        customerId,
        proved,
        fields: told,
        key: fingerprint(c.req.valid('header')['idempotency-key']),
        fingerprint: fingerprint(body),
        by: { correlationId: c.get('requestId'), actor: API_ACTOR },
      });
      switch (made.kind) {
        case 'bad_phone':
          throw badPhone();
        case 'no_customer':
          throw new Problem(404, 'not-found', 'There is no such customer.');
        case 'conflict':
          throw new Problem(409, 'idempotency-conflict', 'This key has created another lead.');
        case 'unavailable':
          throw unavailable('The lead is stored; its push could not begin. Try again with the same key.');
      }
      const existing = made.kind === 'existing';
      const answer = { lead: leadJson(made.lead), push_workflow_id: made.push, existing };
      const headers = { Location: `/api/v1/leads/${made.lead.id}` };
      return existing ? c.json(answer, 200, headers) : c.json(answer, 201, headers);
    },
  );

  app.openapi(
    createRoute({
      method: 'patch',
      path: '/api/v1/leads/{id}',
      tags: ['leads'],
      summary: 'Correct a lead',
      description: 'Changes what is given. What is in the CRM already stays as it is there.',
      security,
      request: {
        params,
        query: z.strictObject({ tenant: tenantParam }),
        body: { required: true, content: { 'application/json': { schema: Update } } },
      },
      responses: {
        200: json(LeadSchema, 'The lead as it is now.'),
        ...problems(400, 401, 404, 413, 415, 422, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const by = { correlationId: c.get('requestId'), actor: API_ACTOR };
      const change = { tenantId: tenant.id, leadId: c.req.valid('param').id, fields: c.req.valid('json') };
      const lead = await leads.update(change, by);
      if (lead === 'missing') throw missing();
      if (lead === 'bad_phone') throw badPhone();
      return c.json(leadJson(lead), 200);
    },
  );
}
