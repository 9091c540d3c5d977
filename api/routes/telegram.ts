import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { App } from '../app.ts';
import type { AppDeps, AppEnv, TelegramUpdate } from '../deps.ts';
import { limitBody } from '../middleware/body.ts';
import { Problem, unavailable } from '../problem.ts';
import { problems } from '../schemas/common.ts';
import { sameSecret } from '../secrets.ts';

const SECRET_HEADER = 'x-telegram-bot-api-secret-token';
const MAX_BYTES = 1024 * 1024;

/**
 * Takes Telegram's updates. A refused update is delivered again and blocks its chat for up to a day, so
 * only what cannot be stored is refused: no valid secret, no JSON, no update id.
 */
export function telegramRoutes(app: App, { intake, log }: Pick<AppDeps, 'intake' | 'log'>): void {
  app.openAPIRegistry.registerPath(documentation);
  app.post('/webhooks/telegram/:channel', authentic(intake), limitBody(MAX_BYTES), async (c) => {
    const channel = c.req.param('channel');
    const update = readUpdate(await c.req.text());
    const correlationId = c.get('requestId');
    const outcome = await intake.accept(channel, update, correlationId).catch((error: unknown) => {
      throw unavailable('The update could not be stored. Deliver it again.', error);
    });
    log.debug({ correlationId, channel, updateId: update.update_id, outcome }, 'update');
    return c.body(null, 200);
  });
}

/** Checked before the body is read. An unknown channel looks like a wrong secret. */
function authentic(intake: AppDeps['intake']): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const channel = intake.channel(c.req.param('channel') ?? '');
    if (!sameSecret(c.req.header(SECRET_HEADER), channel?.secret)) {
      throw new Problem(401, 'unauthorized', 'There is no such channel, or the secret token is not its own.');
    }
    await next();
  };
}

function readUpdate(text: string): TelegramUpdate {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    throw new Problem(400, 'malformed-json', 'The body cannot be read as JSON.');
  }
  if (
    typeof body === 'object' &&
    body !== null &&
    Number.isSafeInteger((body as { update_id?: unknown }).update_id)
  ) {
    return body as TelegramUpdate;
  }
  throw new Problem(400, 'invalid-request', 'An update has an integer update_id.', {
    errors: [{ pointer: '#/update_id', detail: 'must be an integer' }],
  });
}

const documentation = {
  method: 'post' as const,
  path: '/webhooks/telegram/{channel}',
  tags: ['webhooks'],
  summary: 'Take an update from Telegram',
  description:
    'Answers 200 when the update is stored, whatever its shape. 503 asks Telegram to deliver again.',
  request: {
    params: z.object({ channel: z.string().openapi({ example: 'default' }) }),
    headers: z.object({ 'X-Telegram-Bot-Api-Secret-Token': z.string() }),
    body: {
      required: true,
      content: {
        'application/json': { schema: z.looseObject({ update_id: z.int() }).openapi('TelegramUpdate') },
      },
    },
  },
  responses: { 200: { description: 'Stored, now or earlier.' }, ...problems(400, 401, 413, 500, 503) },
};
