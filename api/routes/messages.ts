import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { momentParam } from '../listing.ts';
import { Problem } from '../problem.ts';
import { json, plainText, problems, tenantParam } from '../schemas/common.ts';
import { requireTenant } from '../tenant.ts';

const id = (example: string) => plainText(200).min(1).openapi({ example });
const name = plainText(200).optional();

const Body = z
  .strictObject({
    channel: plainText(100)
      .min(1)
      .openapi({ description: 'Name of the channel it belongs to.', example: 'default' }),
    chat_id: id('501').openapi({ description: 'Where the bot answers.' }),
    message_id: id('17').openapi({ description: 'Unique in its chat: a repeated one is stored once.' }),
    user: z.strictObject({
      id: id('501'),
      first_name: name,
      last_name: name,
      username: name,
      language: plainText(35).optional().openapi({ description: 'BCP 47.', example: 'ru' }),
      email: z.email().max(254).optional().openapi({ example: 'anna@example.kz' }),
      email_verified: z.boolean().default(false).openapi({
        description:
          'The forwarder has proved that the address is theirs: joins customers with the same one. Otherwise it is only kept with the message.',
      }),
    }),
    text: z.string().max(20_000).optional().openapi({ example: 'Сколько стоит доставка?' }),
    contact: z
      .strictObject({
        phone: plainText(40).min(3).openapi({ example: '+77011234567' }),
        name: plainText(200).default(''),
        own: z.boolean().default(false).openapi({
          description:
            "The platform vouches that it is the sender's own: joins customers with the same phone.",
        }),
      })
      .optional(),
    sent_at: momentParam('Now when absent.'),
  })
  .refine((body) => (body.text === undefined) !== (body.contact === undefined), {
    path: ['text'],
    message: 'give either a text or a contact',
  })
  .openapi('ForwardMessage');

const Taken = z
  .object({
    conversation_id: z.uuid(),
    message_id: z.uuid(),
    existing: z.boolean().openapi({ description: 'It had been stored before.' }),
  })
  .openapi('MessageTaken');

/** The way in for a forwarder that exists already. */
export function messageRoutes(app: App, deps: Pick<AppDeps, 'people' | 'tenants'>): void {
  app.openapi(
    createRoute({
      method: 'post',
      path: '/api/v1/messages',
      tags: ['conversations'],
      summary: 'Take in a message that a forwarder received',
      description:
        'Stored before it is answered, ordered and served like one that the platform delivered. Chat and message id are its key; repeating it is harmless.',
      security: [{ token: [] }],
      request: {
        query: z.strictObject({ tenant: tenantParam }),
        body: { required: true, content: { 'application/json': { schema: Body } } },
      },
      responses: {
        200: json(Taken, 'It had been stored before.'),
        201: json(Taken, 'Stored.'),
        ...problems(400, 401, 404, 413, 415, 422, 500, 503),
      },
    }),
    async (c) => {
      const tenant = await requireTenant(deps.tenants, c.req.valid('query').tenant);
      const { user, contact, ...body } = c.req.valid('json');
      const taken = await deps.people.conversations.accept({
        tenantId: tenant.id,
        channel: body.channel,
        chatId: body.chat_id,
        messageId: body.message_id,
        user: {
          id: user.id,
          firstName: user.first_name,
          lastName: user.last_name,
          username: user.username,
          language: user.language,
          email:
            user.email === undefined ? undefined : { address: user.email, verified: user.email_verified },
        },
        text: body.text ?? '',
        contact,
        sentAt: body.sent_at ?? new Date(),
        correlationId: c.get('requestId'),
      });
      if (taken.kind === 'no_channel') throw new Problem(404, 'not-found', 'The tenant has no such channel.');
      const existing = taken.kind === 'existing';
      const answer = { conversation_id: taken.conversationId, message_id: taken.messageId, existing };
      return existing ? c.json(answer, 200) : c.json(answer, 201);
    },
  );
}
