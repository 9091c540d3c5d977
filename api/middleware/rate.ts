import { createHash } from 'node:crypto';
import type { MiddlewareHandler } from 'hono';
import type { App } from '../app.ts';
import type { AppEnv } from '../deps.ts';
import { Problem } from '../problem.ts';
import { problems } from '../schemas/common.ts';
import { bearerOf } from './bearer.ts';

/** Who asks: a key is told by its hash. */
export interface Caller {
  key: string;
  /** Slug, as the request names it; the default tenant's where it names none. */
  tenant: string | undefined;
}

/** Takes one request from what a caller may ask; milliseconds to wait when there is nothing left. */
export type TakeRate = (caller: Caller) => Promise<number | undefined>;

/** Refuses who asks too often, and says when to come again. To be used behind the check of the key. */
export function limitRate(take: TakeRate): MiddlewareHandler<AppEnv> {
  return async (c, next) => {
    const key = hash(bearerOf(c.req.header('authorization')) ?? '');
    const waitMs = await take({ key, tenant: c.req.query('tenant') });
    if (waitMs !== undefined) {
      const seconds = Math.ceil(waitMs / 1000);
      throw new Problem(429, 'too-many-requests', `Too many requests. Come again in ${seconds} s.`, {
        headers: { 'Retry-After': String(seconds) },
      });
    }
    await next();
  };
}

const hash = (token: string): string => createHash('sha256').update(token).digest('hex').slice(0, 32);

/** Says of every operation below this path that it may answer 429, and 503 when nobody can tell. */
export function documentRates(app: App, below: string): void {
  for (const definition of app.openAPIRegistry.definitions) {
    if (definition.type !== 'route' || !definition.route.path.startsWith(below)) continue;
    const { 429: limited, ...away } = problems(429, 503);
    definition.route.responses = {
      ...definition.route.responses,
      ...away,
      429: { description: '', ...limited, headers: RETRY_AFTER },
    };
  }
}

const RETRY_AFTER = {
  'Retry-After': {
    description: 'Seconds after which to come again.',
    schema: { type: 'integer' as const, minimum: 1 },
  },
};
