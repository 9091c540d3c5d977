import type { MiddlewareHandler } from 'hono';
import type { AppEnv } from '../deps.ts';
import { Problem } from '../problem.ts';
import { secretCheck } from '../secrets.ts';

/** The token of an Authorization header, where it is of that kind. */
export const bearerOf = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : /^Bearer +(\S+) *$/i.exec(header)?.[1];

/** Lets only callers with the token through. Nothing behind it answers otherwise, not even with a 404. */
export function bearer(token: string): MiddlewareHandler<AppEnv> {
  const isToken = secretCheck(token);
  return async (c, next) => {
    const header = c.req.header('authorization');
    if (!isToken(bearerOf(header))) {
      const challenge = header === undefined ? '' : ', error="invalid_token"';
      throw new Problem(401, 'unauthorized', 'Send the API token as "Authorization: Bearer …".', {
        headers: { 'WWW-Authenticate': `Bearer realm="dirigent"${challenge}` },
      });
    }
    await next();
    c.header('Cache-Control', 'no-store');
  };
}
