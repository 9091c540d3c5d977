import type { MiddlewareHandler } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import type { AppEnv } from '../deps.ts';
import { Problem } from '../problem.ts';

/** Refuses larger bodies before they are in memory. */
export const limitBody = (maxBytes: number): MiddlewareHandler<AppEnv> =>
  bodyLimit({
    maxSize: maxBytes,
    onError: () => {
      throw new Problem(413, 'body-too-large', `The body may have ${maxBytes} bytes at most.`);
    },
  });
