import { z } from '@hono/zod-openapi';
import type { Context, MiddlewareHandler } from 'hono';
import { storable } from '../../domain/storable.ts';
import type { App } from '../app.ts';
import type { AppDeps, AppEnv, Hook } from '../deps.ts';
import { fingerprint, idempotencyKey, oneKey } from '../idempotency.ts';
import { limitBody } from '../middleware/body.ts';
import { Problem, pointerErrors, unavailable } from '../problem.ts';
import { json, problems, tenantParam } from '../schemas/common.ts';
import { sameSecret, sameSignature } from '../secrets.ts';

const MAX_BYTES = 256 * 1024;
const SECRET_HEADER = 'X-Hook-Secret';
const SIGNATURE_HEADER = 'X-Hook-Signature';
const TIMESTAMP_HEADER = 'X-Hook-Timestamp';
/** Over the body alone, as GitHub and others sign. */
const BODY_SIGNATURE_HEADER = 'X-Hub-Signature-256';
const KEY_HEADER = 'Idempotency-Key';
/** How far the sender's clock may be from ours, and how long a delivery may have been on its way. */
const WINDOW_SECONDS = 300;

const Delivered = z
  .object({
    workflow_id: z.string().openapi({ example: 'price_changed/hook/4vX1mBqk0b2oUe0wqJ3yNw' }),
    process: z.string().openapi({ example: 'price_changed' }),
    existing: z.boolean().openapi({ description: 'This delivery had been stored before.' }),
  })
  .openapi('HookDelivered');

/** What a delivery has shown before its body is read. */
interface HookEnv extends AppEnv {
  Variables: AppEnv['Variables'] & { hook: Hook };
}

/**
 * Ways in for other systems: each process with a webhook trigger has one, for each tenant that has a secret
 * for it. A delivery is stored before it is acknowledged, so a sender need not repeat it while Temporal is away.
 */
export function hookRoutes(app: App, { hooks }: Pick<AppDeps, 'hooks'>): void {
  app.openAPIRegistry.registerPath(documentation);
  app.post('/hooks/:process', known(hooks), limitBody(MAX_BYTES), async (c: Context<HookEnv>) => {
    const hook = c.get('hook');
    const bytes = new Uint8Array(await c.req.arrayBuffer());
    const vouched = authenticate(c, hook, bytes);
    const body = readJson(c, bytes);
    const parsed = hook.read(storable(body));
    if ('refused' in parsed) {
      throw new Problem(422, 'invalid-input', `The body is not what ${hook.process} takes.`, {
        errors: pointerErrors(parsed.refused),
      });
    }
    const accepted = await hooks
      .accept({
        tenantId: hook.tenantId,
        process: hook.process,
        // Hashed, because senders put phone numbers into names.
        key: fingerprint(deliveryKey(c, vouched, parsed.id)),
        input: parsed.input,
        fingerprint: fingerprint(body),
        correlationId: c.get('requestId'),
      })
      .catch((error: unknown) => {
        throw unavailable('The delivery could not be stored. Send it again.', error);
      });
    if (accepted.kind === 'conflict') {
      throw new Problem(409, 'idempotency-conflict', 'A delivery with this key had another body.');
    }
    const existing = accepted.kind === 'existing';
    const answer = { workflow_id: accepted.workflowId, process: hook.process, existing };
    return c.json(answer, existing ? 200 : 202);
  });
}

/** Looks the hook up. One that does not exist is refused like one with a wrong secret, once the body was read. */
function known(hooks: AppDeps['hooks']): MiddlewareHandler<HookEnv> {
  return async (c, next) => {
    const hook = hooks.find(c.req.param('process') ?? '', c.req.query('tenant'));
    // Without a way to sign there is nothing to read a body for.
    const ways = [SECRET_HEADER, SIGNATURE_HEADER, BODY_SIGNATURE_HEADER];
    if (ways.every((header) => c.req.header(header) === undefined)) throw unauthorized();
    c.set('hook', hook ?? NO_HOOK);
    await next();
  };
}

/** Stands in for a hook that does not exist: no secret is its own. */
const NO_HOOK: Hook = {
  tenantId: '',
  process: '',
  secret: undefined,
  read: () => ({ input: undefined }),
};

/**
 * Refuses what does not know the secret. Returns whether the header's name of the delivery is the sender's own: a
 * signature of the body alone says nothing of it, so that whoever has seen one could repeat it under another name.
 */
function authenticate(c: Context<HookEnv>, { secret }: Hook, bytes: Uint8Array): boolean {
  const signature = c.req.header(SIGNATURE_HEADER);
  const ofBody = c.req.header(BODY_SIGNATURE_HEADER);
  if (signature !== undefined) {
    const sentAt = c.req.header(TIMESTAMP_HEADER) ?? '';
    const signed = Buffer.concat([Buffer.from(`${sentAt}\n${c.req.header(KEY_HEADER) ?? ''}\n`), bytes]);
    if (!sameSignature(signature, signed, secret)) throw unauthorized();
    const age = Date.now() / 1_000 - Number(sentAt);
    if (!/^\d{1,12}$/.test(sentAt) || Math.abs(age) > WINDOW_SECONDS) throw stale();
    return true;
  }
  if (ofBody !== undefined) {
    if (!sameSignature(ofBody, bytes, secret)) throw unauthorized();
    return false;
  }
  if (!sameSecret(c.req.header(SECRET_HEADER), secret)) throw unauthorized();
  return true;
}

const stale = () =>
  new Problem(
    401,
    'unauthorized',
    `${TIMESTAMP_HEADER} must be the time in seconds, at most ${WINDOW_SECONDS} away from now: sign it anew.`,
  );

const unauthorized = () =>
  new Problem(401, 'unauthorized', 'There is no such hook, or the secret or signature is not its own.');

function readJson(c: Context, bytes: Uint8Array): unknown {
  if (!/^application\/(?:[\w.+-]+\+)?json\s*(?:;|$)/i.test(c.req.header('content-type') ?? '')) {
    throw new Problem(415, 'unsupported-media-type', 'Send the body as application/json.');
  }
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new Problem(400, 'malformed-json', 'The body cannot be read as JSON.');
  }
}

/** The header names the delivery, where it is the sender's own; without one the process may find a name in the body. */
function deliveryKey(c: Context, vouched: boolean, fromBody: string | undefined): string {
  const header = vouched ? c.req.header(KEY_HEADER) : undefined;
  const key = idempotencyKey.safeParse(oneKey(header ?? fromBody));
  if (key.success) return key.data;
  throw new Problem(400, 'invalid-request', 'The name of the delivery does not have the expected form.', {
    errors: [{ parameter: KEY_HEADER, detail: key.error.issues[0]?.message ?? 'is not valid' }],
  });
}

const documentation = {
  method: 'post' as const,
  path: '/hooks/{process}',
  tags: ['webhooks'],
  summary: 'Start a process by a delivery of another system',
  description:
    'Answers 202 when the delivery is stored, also while the engine is away: the run starts when it is back. ' +
    `The secret of the hook comes in ${SECRET_HEADER}, or signs the delivery in ${SIGNATURE_HEADER}: ` +
    `\`sha256=\` and the HMAC-SHA256, in hexadecimal, of ${TIMESTAMP_HEADER}, ${KEY_HEADER} (empty where there is none) ` +
    `and the body, with a line feed between them; it holds for ${WINDOW_SECONDS} seconds. A sender that signs the body ` +
    `alone (${BODY_SIGNATURE_HEADER}) must name the delivery in the body. ` +
    'What the body must be is in `GET /api/v1/processes/{name}`.',
  request: {
    params: z.object({ process: z.string().openapi({ example: 'price_changed' }) }),
    query: z.object({ tenant: tenantParam }),
    headers: z.object({
      [SECRET_HEADER]: z.string().optional(),
      [SIGNATURE_HEADER]: z
        .string()
        .optional()
        .openapi({ example: `sha256=${'0'.repeat(64)}` }),
      [TIMESTAMP_HEADER]: z
        .string()
        .optional()
        .openapi({ description: 'Unix time in seconds.', example: '1790000000' }),
      [BODY_SIGNATURE_HEADER]: z
        .string()
        .optional()
        .openapi({ example: `sha256=${'0'.repeat(64)}` }),
      [KEY_HEADER]: idempotencyKey.optional().openapi({
        description: 'Names the delivery. Needed unless the process finds a name in the body.',
      }),
    }),
    body: { required: true, content: { 'application/json': { schema: z.unknown() } } },
  },
  responses: {
    200: json(Delivered, 'This delivery had been stored before.'),
    202: json(Delivered, 'Stored; the run starts now, or when the engine is back.'),
    ...problems(400, 401, 409, 413, 415, 422, 500, 503),
  },
};
