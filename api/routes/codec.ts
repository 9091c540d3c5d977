import { createRoute, z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { setCookie } from 'hono/cookie';
import type { App } from '../app.ts';
import { COOKIE, codecAccess, codecCors, codecUiAccess } from '../codec/access.ts';
import { LOGIN_CSP, loginPage } from '../codec/page.ts';
import { createSessions, SESSION_SECONDS } from '../codec/session.ts';
import type { AppDeps } from '../deps.ts';
import { limitBody } from '../middleware/body.ts';
import { Problem } from '../problem.ts';
import { json, problems } from '../schemas/common.ts';
import { secretCheck } from '../secrets.ts';

/** More than a history event may hold, in Base64. */
const MAX_BYTES = 8 * 1024 * 1024;
const MAX_FORM_BYTES = 4096;
const MAX_PAYLOADS = 10_000;

const base64 = z
  .string()
  .regex(/^[A-Za-z0-9+/_-]*={0,2}$/, 'must be Base64')
  .openapi({ example: 'ImhlbGxvIg==' });

const Payloads = z
  .strictObject({
    payloads: z
      .array(
        z.strictObject({
          metadata: z
            .record(z.string(), base64)
            .optional()
            .openapi({ example: { encoding: 'anNvbi9wbGFpbg==' } }),
          data: base64.optional(),
        }),
      )
      .max(MAX_PAYLOADS),
  })
  .openapi('Payloads', { description: "Temporal's payloads in their JSON form: bytes in Base64." });

const SUMMARIES = {
  encode: 'Encrypt payloads for Temporal',
  decode: 'Decrypt payloads of Temporal',
} as const;
type Direction = keyof typeof SUMMARIES;

/** Temporal's codec server protocol, for its UI and command line, and a login for a UI that has none. */
export function codecRoutes(app: App, deps: Pick<AppDeps, 'codec' | 'apiToken'>): void {
  const { codec } = deps;
  const sessions = createSessions(codec.sessionKey);
  app.use('/codec/*', codecCors(codec.uiOrigins));
  app.use('/codec/ui/:secret/*', codecUiAccess(deps), limitBody(MAX_BYTES));
  for (const direction of ['encode', 'decode'] as const) {
    app.use(`/codec/${direction}`, codecAccess(deps, sessions), limitBody(MAX_BYTES));
    const run = (payloads: z.infer<typeof Payloads>['payloads']) => convert(codec, direction, payloads);
    app.openapi(
      createRoute({ ...described(direction), path: `/codec/${direction}`, security: [{ token: [] }] }),
      async (c) => c.json({ payloads: await run(c.req.valid('json').payloads) }, 200),
    );
    app.openapi(
      createRoute({
        ...described(direction),
        path: `/codec/ui/{secret}/${direction}`,
        request: {
          ...described(direction).request,
          params: z.object({ secret: z.string().openapi({ description: '`encryption.uiSecret`.' }) }),
        },
      }),
      async (c) => c.json({ payloads: await run(c.req.valid('json').payloads) }, 200),
    );
  }
  loginRoutes(app, deps, sessions);
}

async function convert(
  codec: AppDeps['codec'],
  direction: Direction,
  payloads: z.infer<typeof Payloads>['payloads'],
) {
  const result = await codec[direction](payloads);
  if ('payloads' in result) return result.payloads;
  throw new Problem(422, 'unreadable-payload', result.unreadable);
}

function loginRoutes(
  app: App,
  { apiToken }: Pick<AppDeps, 'apiToken'>,
  sessions: ReturnType<typeof createSessions>,
) {
  const isApiToken = secretCheck(apiToken);
  app.openAPIRegistry.registerPath(loginForm);
  app.get('/codec/login', (c) =>
    c.html(loginPage(State.safeParse(c.req.query('state')).data ?? 'ask'), 200, {
      'Content-Security-Policy': LOGIN_CSP,
      'Cache-Control': 'no-store',
      'Referrer-Policy': 'no-referrer',
    }),
  );

  app.openAPIRegistry.registerPath(login);
  app.post('/codec/login', limitBody(MAX_FORM_BYTES), async (c) => {
    const token = new URLSearchParams(await c.req.text()).get('token');
    if (token === null) throw new Problem(400, 'invalid-request', 'The form has a field token.');
    if (!isApiToken(token.trim())) return c.redirect(shown('wrong'), 303);
    setCookie(c, COOKIE, sessions.issue(), {
      path: '/codec',
      httpOnly: true,
      sameSite: 'Strict',
      secure: overTls(c),
      maxAge: SESSION_SECONDS,
    });
    return c.redirect(shown('done'), 303);
  });
}

const State = z.enum(['ask', 'wrong', 'done']);
const shown = (state: z.infer<typeof State>) => `/codec/login?state=${state}`;

/** Before a proxy the scheme is the proxy's; claiming it falsely only makes a cookie that does not come back. */
const overTls = (c: Context): boolean =>
  (c.req.header('x-forwarded-proto') ?? new URL(c.req.url).protocol).startsWith('https');

const described = (direction: Direction) => ({
  method: 'post' as const,
  tags: ['codec'],
  summary: SUMMARIES[direction],
  description:
    direction === 'encode'
      ? 'For what is sent to workflows by hand. By the key that encrypts now.'
      : 'Payloads that are not encrypted come back as they are. 422: a key that wrote one of them is not configured.',
  request: { body: { required: true, content: { 'application/json': { schema: Payloads } } } },
  responses: {
    200: json(Payloads, 'The same payloads, in the same order.'),
    ...problems(400, 401, 404, 413, 415, 422, 500, 503),
  },
});

const loginForm = {
  method: 'get' as const,
  path: '/codec/login',
  tags: ['codec'],
  summary: 'Login for the Temporal UI',
  description: 'A page for people. Signing in sets a cookie that opens the codec endpoint to this browser.',
  request: {
    query: z.object({
      state: z.string().optional().openapi({ description: 'What became of a try: wrong or done.' }),
    }),
  },
  responses: { 200: { description: 'The form.', content: { 'text/html': { schema: z.string() } } } },
};

const login = {
  method: 'post' as const,
  path: '/codec/login',
  tags: ['codec'],
  summary: 'Sign in for the Temporal UI',
  request: {
    body: {
      required: true,
      content: { 'application/x-www-form-urlencoded': { schema: z.object({ token: z.string() }) } },
    },
  },
  responses: {
    303: { description: 'Back to the page, with a cookie where the token was right.' },
    ...problems(400, 413, 500),
  },
};
