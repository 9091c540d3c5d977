import type { MiddlewareHandler } from 'hono';
import { getCookie } from 'hono/cookie';
import { cors } from 'hono/cors';
import type { AppDeps, AppEnv } from '../deps.ts';
import { bearerOf } from '../middleware/bearer.ts';
import { Problem, unavailable } from '../problem.ts';
import { sameSecret, secretCheck } from '../secrets.ts';
import type { Sessions } from './session.ts';

export const COOKIE = 'dirigent_codec';

type CodecDeps = Pick<AppDeps, 'codec' | 'apiToken'>;

/** Only pages of the Temporal UI may ask from a browser, and read the answer. */
export const codecCors = (origins: readonly string[]) =>
  cors({
    origin: [...origins],
    credentials: true,
    // What the UI sends along differs by its version; whoever is let in is decided below.
    allowHeaders: [],
    allowMethods: ['POST'],
    maxAge: 3600,
  });

const refused = (detail: string) =>
  new Problem(401, 'unauthorized', detail, {
    headers: { 'WWW-Authenticate': 'Bearer realm="dirigent codec"' },
  });

/** A browser says where a page comes from; what no browser sends proves itself by its token alone. */
const fromElsewhere = (origin: string | undefined, { uiOrigins }: AppDeps['codec']): boolean =>
  origin === undefined || !uiOrigins.includes(origin);

/**
 * Lets through: the API token, a token of the UI's own login, or the cookie of our login page from the UI's origin.
 * Another site could make a browser send the cookie, so there the origin is part of the proof.
 */
export function codecAccess({ codec, apiToken }: CodecDeps, sessions: Sessions): MiddlewareHandler<AppEnv> {
  const isApiToken = secretCheck(apiToken);
  return async (c, next) => {
    const token = bearerOf(c.req.header('authorization'));
    if (token !== undefined) {
      if (!isApiToken(token) && !(await vouched(codec, token)))
        throw refused('The token is not accepted here.');
    } else if (fromElsewhere(c.req.header('origin'), codec) || !sessions.holds(getCookie(c, COOKIE))) {
      throw refused('Sign in at /codec/login, in this browser, or send a token.');
    }
    await next();
    c.header('Cache-Control', 'no-store');
  };
}

async function vouched({ verify }: AppDeps['codec'], token: string): Promise<boolean> {
  if (verify === undefined) return false;
  try {
    return await verify(token);
  } catch (error) {
    throw unavailable('The issuer of the token cannot be asked for its keys now.', error);
  }
}

/** For a UI that can prove nothing: its own address of the endpoint, and only from its origin. */
export function codecUiAccess({ codec }: CodecDeps): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const known = sameSecret(c.req.param('secret'), codec.uiSecret);
    if (!known || fromElsewhere(c.req.header('origin'), codec)) {
      throw new Problem(404, 'not-found', 'There is no such resource.');
    }
    await next();
    c.header('Cache-Control', 'no-store');
  };
}
