import { createRoute, z } from '@hono/zod-openapi';
import { SEND_RESOLUTIONS, SEND_STATES } from '../../domain/sends.ts';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { fingerprint, idempotencyKey } from '../idempotency.ts';
import { cursorTo, momentParam, nextCursor, pageParams, pageRequest } from '../listing.ts';
import { Problem, unavailable } from '../problem.ts';
import { json, plainText, problems, tenantParam } from '../schemas/common.ts';
import { LedgerSendSchema, ledgerSendJson } from '../schemas/send.ts';
import { requireTenant } from '../tenant.ts';
import { API_ACTOR } from './actor.ts';

const security = [{ token: [] }];

const ListQuery = z.strictObject({
  tenant: tenantParam,
  state: z
    .enum(SEND_STATES)
    .optional()
    .openapi({ description: '`unknown` lists what is in doubt: see `waits_for`.' }),
  conversation_id: z.uuid().optional(),
  run: plainText(1_000).optional().openapi({ description: 'Run id or workflow id.' }),
  since: momentParam('Recorded at or after.'),
  until: momentParam('Recorded before.'),
  ...pageParams,
});
const SendList = z.object({ sends: z.array(LedgerSendSchema), next_cursor: nextCursor }).openapi('SendList');

const Resolve = z
  .strictObject({
    resolution: z.enum(SEND_RESOLUTIONS).openapi({
      description:
        '`delivered`: it arrived. `resend`: it did not; it goes out again, before what is recorded behind it. `drop`: it did not, and is not wanted any more.',
    }),
    channel_message_id: plainText(200)
      .min(1)
      .optional()
      .openapi({ description: "The platform's id of a delivered message, where you know it." }),
  })
  .refine((body) => body.channel_message_id === undefined || body.resolution === 'delivered', {
    path: ['channel_message_id'],
    message: 'only a delivered message has one',
  })
  .openapi('ResolveSend');

/** The send ledger: what was said, and what is in doubt. */
export function sendRoutes(app: App, deps: Pick<AppDeps, 'ops' | 'runs' | 'tenants'>): void {
  const { sends } = deps.ops;

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/sends',
      tags: ['sends'],
      summary: 'List what was sent, newest first',
      security,
      request: { query: ListQuery },
      responses: { 200: json(SendList, 'A page of sends.'), ...problems(400, 401, 500, 503) },
    }),
    async (c) => {
      const query = c.req.valid('query');
      const tenant = await requireTenant(deps.tenants, query.tenant);
      const page = pageRequest(query);
      const filter = {
        state: query.state,
        conversationId: query.conversation_id,
        workflowId: query.run === undefined ? undefined : await workflowOf(tenant.id, query.run),
        since: query.since,
        until: query.until,
      };
      const { rows, next } = await sends.list(tenant.id, filter, page);
      return c.json({ sends: rows.map(ledgerSendJson), next_cursor: cursorTo(next) }, 200);
    },
  );

  /** What no run is called by may still be a conversation's workflow id. */
  const workflowOf = async (tenantId: string, run: string) =>
    (await deps.runs.find(tenantId, run))?.workflowId ?? run;

  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/sends/{id}/resolve',
      tags: ['sends'],
      summary: 'Decide what became of a send in doubt',
      description:
        'Only a send that is `unknown`, also while it is looked for; of several decisions at the same time one counts. 503 after a decision to send again: it is written down and goes out with the next message of its chat, or as soon as the request is repeated with the same key.',
      security,
      request: {
        params: z.object({ id: z.uuid() }),
        query: z.strictObject({ tenant: tenantParam }),
        headers: z.object({ 'idempotency-key': idempotencyKey }),
        body: { required: true, content: { 'application/json': { schema: Resolve } } },
      },
      responses: {
        200: json(LedgerSendSchema, 'Decided, now or by this key before.'),
        ...problems(400, 401, 404, 409, 413, 415, 422, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const { resolution, channel_message_id } = c.req.valid('json');
      const key = fingerprint(c.req.valid('header')['idempotency-key']);
      const result = await sends.resolve({
        tenantId: tenant.id,
        sendId: c.req.valid('param').id,
        resolution,
        channelMessageId: channel_message_id,
        key,
        actor: API_ACTOR,
        correlationId: c.get('requestId'),
      });
      if (result.kind === 'missing') throw new Problem(404, 'not-found', 'There is no such send.');
      if (result.kind === 'conflict') {
        throw new Problem(409, 'idempotency-conflict', 'This key has decided something else.');
      }
      const { send } = result;
      if (result.kind === 'settled') {
        const by = send.resolution === null ? '' : `; "${send.resolution}" was decided before`;
        throw new Problem(409, 'send-settled', `It is ${send.state}, not unknown${by}.`);
      }
      if (resolution === 'resend' && send.state === 'pending' && !(await sends.deliver(send, key))) {
        throw unavailable('It is written down, and the engine does not answer now. Try again.');
      }
      return c.json(ledgerSendJson(send), 200);
    },
  );
}
