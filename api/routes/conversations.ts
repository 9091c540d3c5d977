import { createRoute, z } from '@hono/zod-openapi';
import { CONVERSATION_STATUSES } from '../../domain/conversation.ts';
import { IF_UNKNOWN } from '../../domain/doubt.ts';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { fingerprint, idempotencyKey } from '../idempotency.ts';
import { cursorTo, momentParam, pageParams, pageRequest } from '../listing.ts';
import { Problem, unavailable } from '../problem.ts';
import { json, plainText, problems, tenantParam } from '../schemas/common.ts';
import {
  ConversationListSchema,
  ConversationSchema,
  conversationJson,
  MessageListSchema,
  messageJson,
} from '../schemas/people.ts';
import { requireTenant } from '../tenant.ts';
import { API_ACTOR } from './actor.ts';

const security = [{ token: [] }];
const params = z.object({ id: z.uuid() });
const missing = () => new Problem(404, 'not-found', 'There is no such conversation.');

const Say = z
  .strictObject({
    text: z
      .string()
      .min(1)
      .max(20_000)
      .refine((text) => text.trim() !== '', 'must say something')
      .openapi({
        example: 'Ваш заказ готов.',
        description: 'Split into several messages where it is too long for one.',
      }),
    format: z.enum(['plain', 'markdown']).default('plain'),
    if_unknown: z.enum(IF_UNKNOWN).optional().openapi({
      description:
        'What becomes of it when nobody can tell whether it arrived and no evidence settles it: `repeat` sends it once more, marked; `person` leaves that to you. Unless given: `person` where the text names a sum of money, else `repeat`.',
    }),
  })
  .openapi('SayInConversation');

/** Conversations, what was said in them, and saying something as the bot. */
export function conversationRoutes(app: App, deps: Pick<AppDeps, 'people' | 'tenants'>): void {
  const { conversations } = deps.people;

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/conversations',
      tags: ['conversations'],
      summary: 'List conversations, newest first',
      security,
      request: {
        query: z.strictObject({
          tenant: tenantParam,
          channel: plainText(100)
            .optional()
            .openapi({ description: 'Name of the channel.', example: 'default' }),
          customer_id: z.uuid().optional(),
          status: z.enum(CONVERSATION_STATUSES).optional(),
          since: momentParam('Begun at or after.'),
          until: momentParam('Begun before.'),
          ...pageParams,
        }),
      },
      responses: {
        200: json(ConversationListSchema, 'A page of conversations.'),
        ...problems(400, 401, 500, 503),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, query.tenant);
      const { channel, customer_id: customerId, status, since, until } = query;
      const filter = { channel, customerId, status, since, until };
      const { rows, next } = await conversations.list(tenant.id, filter, pageRequest(query));
      return c.json({ conversations: rows.map(conversationJson), next_cursor: cursorTo(next) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/conversations/{id}',
      tags: ['conversations'],
      summary: 'Read a conversation',
      security,
      request: { params, query: z.strictObject({ tenant: tenantParam }) },
      responses: { 200: json(ConversationSchema, 'The conversation.'), ...problems(400, 401, 404, 500, 503) },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const found = await conversations.get(tenant.id, c.req.valid('param').id);
      if (found === undefined) throw missing();
      return c.json(conversationJson(found), 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/conversations/{id}/messages',
      tags: ['conversations'],
      summary: 'List what was said, newest first, both directions',
      security,
      request: { params, query: z.strictObject({ tenant: tenantParam, ...pageParams }) },
      responses: {
        200: json(MessageListSchema, 'A page of messages.'),
        ...problems(400, 401, 404, 500, 503),
      },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, query.tenant);
      const page = await conversations.messages(tenant.id, c.req.valid('param').id, pageRequest(query));
      if (page === undefined) throw missing();
      return c.json({ messages: page.rows.map(messageJson), next_cursor: cursorTo(page.next) }, 200);
    },
  );

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/conversations/{id}/messages',
      tags: ['conversations'],
      summary: 'Say something as the bot',
      description:
        'Goes out through the send ledger, in order with what else is said in the chat, once per key. What became of it: `GET /api/v1/sends?conversation_id=…`.',
      security,
      request: {
        params,
        query: z.strictObject({ tenant: tenantParam }),
        headers: z.object({ 'idempotency-key': idempotencyKey }),
        body: { required: true, content: { 'application/json': { schema: Say } } },
      },
      responses: {
        202: json(
          z
            .object({
              conversation_id: z.uuid(),
              key: z.string().openapi({ description: 'Its key in the send ledger.' }),
            })
            .openapi('SayingAccepted'),
          'Stored, and on its way.',
        ),
        ...problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const { id } = c.req.valid('param');
      const { if_unknown, ...words } = c.req.valid('json');
      const said = await conversations.say({
        tenantId: tenant.id,
        conversationId: id,
        ...words,
        ...(if_unknown === undefined ? {} : { ifUnknown: if_unknown }),
        key: fingerprint(c.req.valid('header')['idempotency-key']),
        by: { correlationId: c.get('requestId'), actor: API_ACTOR },
      });
      if (said.kind === 'missing') throw missing();
      if (said.kind === 'conflict') {
        throw new Problem(409, 'idempotency-conflict', 'This key has said something else.');
      }
      if (said.kind === 'unavailable') {
        throw unavailable('The engine is not reachable now. Try again with the same key.');
      }
      return c.json({ conversation_id: id, key: said.key }, 202);
    },
  );
}
