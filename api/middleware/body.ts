import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnv } from '../deps.ts';
import { Problem } from '../problem.ts';

/** Refuses larger bodies before they are in memory. */
export function limitBody(maxBytes: number): MiddlewareHandler<AppEnv> {
  const tooLarge = (): never => {
    throw new Problem(413, 'body-too-large', `The body may have ${maxBytes} bytes at most.`);
  };
  const counted = bodyLimit({ maxSize: maxBytes, onError: tooLarge });
  return (c, next) => {
    // A stated length is held to by the HTTP parser. Looking at the body itself costs more than storing it.
    const stated = c.req.header('content-length');
    if (stated === undefined || c.req.header('transfer-encoding') !== undefined) return counted(c, next);
    return Number(stated) > maxBytes ? tooLarge() : next();
  };
}
