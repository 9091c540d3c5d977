import { z } from '@hono/zod-openapi';
import type { MiddlewareHandler } from 'hono';
import type { App } from '../app.ts';
import type { AppDeps, AppEnv, OpenCallback } from '../deps.ts';
import { limitBody } from '../middleware/body.ts';
import { Problem, unavailable } from '../problem.ts';
import { problems } from '../schemas/common.ts';
import { sameSignature } from '../secrets.ts';

const SIGNATURE_HEADER = 'X-Hub-Signature-256';
const MAX_BYTES = 1024 * 1024;
const PATH = '/callbacks/:token';

/**
 * Takes the answers of providers that call back. Whoever knows the address may answer, once: the first
 * answer counts, the same or another one after it changes nothing.
 */
export function callbackRoutes(app: App, { callbacks, callbackSigning }: CallbackDeps): void {
  app.openAPIRegistry.registerPath(probe);
  app.openAPIRegistry.registerPath(documentation);
  // Providers probe the address before they take the work. Asked without the database, and telling nothing.
  app.get(PATH, (c) => c.body(null, 204));
  app.post(PATH, known(callbacks), limitBody(MAX_BYTES), async (c) => {
    const raw = await c.req.text();
    checkSignature(callbackSigning, raw, c.req.header(SIGNATURE_HEADER));
    const taken = await stored(callbacks.accept(c.get('callback'), read(raw)));
    if (taken === 'late') throw new Problem(410, 'gone', 'Nobody waits for this answer any more.');
    return c.body(null, 204);
  });
}

type CallbackDeps = Pick<AppDeps, 'callbacks' | 'callbackSigning'>;
type WithCallback = AppEnv & { Variables: { callback: OpenCallback } };

/** Checked before the body is read. A wrong secret looks like an address that never was. */
function known(callbacks: AppDeps['callbacks']): MiddlewareHandler<WithCallback> {
  return async (c, next) => {
    const callback = await stored(callbacks.find(c.req.param('token') ?? ''));
    if (!callback) throw new Problem(404, 'not-found', 'There is no such callback.');
    c.set('callback', callback);
    await next();
  };
}

/** A signature is checked where there is a secret to check it with; without one the address is the proof. */
function checkSignature(signing: AppDeps['callbackSigning'], raw: string, given: string | undefined): void {
  if (signing.secret === undefined || (given === undefined && !signing.required)) return;
  if (given !== undefined && sameSignature(given, raw, signing.secret)) return;
  throw new Problem(401, 'unauthorized', `${SIGNATURE_HEADER} is missing, or is not of this body.`);
}

const stored = <T>(work: Promise<T>): Promise<T> =>
  work.catch((error: unknown) => {
    throw unavailable('The answer could not be stored. Deliver it again.', error);
  });

function read(raw: string): object {
  let body: unknown;
  try {
    body = JSON.parse(raw);
  } catch {
    throw new Problem(400, 'malformed-json', 'The body cannot be read as JSON.');
  }
  if (typeof body === 'object' && body !== null) return body;
  throw new Problem(400, 'invalid-request', 'The body is an object or a list.');
}

const params = z.object({
  token: z.string().openapi({
    description: 'Id and secret of the callback, as the provider was given them.',
    example: '0192a000-0000-7000-8000-000000000001.V2hvZXZlciBrbm93cyB0aGlzIG1heSBhbnN3ZXIgaXQ',
  }),
});

const probe = {
  method: 'get' as const,
  path: '/callbacks/{token}',
  tags: ['webhooks'],
  summary: 'Probe the address of a callback',
  description: 'Also by HEAD. Says only that this address can be reached.',
  request: { params },
  responses: { 204: { description: 'Reachable; post the answer here.' }, ...problems(500) },
};

const documentation = {
  method: 'post' as const,
  path: '/callbacks/{token}',
  tags: ['webhooks'],
  summary: 'Take the answer of a provider that calls back',
  description:
    'Answers 204 when the answer is stored; the first one counts, and a repeated one changes nothing. 410: the run has given up or has ended. 503 asks to deliver again.',
  request: {
    params,
    headers: z.object({
      [SIGNATURE_HEADER]: z
        .string()
        .optional()
        .openapi({
          description:
            '`sha256=` and the hex HMAC-SHA256 of the body under the shared secret `callbacks.secret`. Checked when present; required where `callbacks.requireSignature` says so.',
          example: `sha256=${'0'.repeat(64)}`,
        }),
    }),
    body: {
      required: true,
      content: { 'application/json': { schema: z.looseObject({}).openapi('CallbackBody') } },
    },
  },
  responses: {
    204: { description: 'Stored, now or earlier.' },
    ...problems(400, 401, 404, 410, 413, 500, 503),
  },
};
