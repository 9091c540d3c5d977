import type { MiddlewareHandler } from 'hono';
import { v7 } from 'uuid';
import type { AppEnv } from '../deps.ts';

const WELL_FORMED = /^[A-Za-z0-9._:-]{1,128}$/;

/**
 * Gives each request its correlation id: the caller's X-Request-Id where it is harmless in logs and
 * headers, else a new UUIDv7. Rows, workflow memo and outgoing calls carry the same one.
 */
export const requestId: MiddlewareHandler<AppEnv> = async (c, next) => {
  const given = c.req.header('x-request-id');
  const id = given !== undefined && WELL_FORMED.test(given) ? given : v7();
  c.set('requestId', id);
  await next();
  c.header('X-Request-Id', id);
};
