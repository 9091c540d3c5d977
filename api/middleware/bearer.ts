import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../deps.ts';
import { Problem } from '../problem.ts';
import { sameSecret } from '../secrets.ts';

/** Lets only callers with the token through. Nothing behind it answers otherwise, not even with a 404. */
export function bearer(token: string): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const header = c.req.header('authorization');
    const given = header === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];
    if (!sameSecret(given, token)) {
      const challenge = header === undefined ? '' : ', error="invalid_token"';
      throw new Problem(401, 'unauthorized', 'Send the API token as "Authorization: Bearer …".', {
        headers: { 'WWW-Authenticate': `Bearer realm="dirigent"${challenge}` },
      });
    }
    await next();
    c.header('Cache-Control', 'no-store');
  };
}
