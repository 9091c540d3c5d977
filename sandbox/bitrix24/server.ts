import { Hono } from 'hono';
import { type Answer, type Planned, pure } from '../http/answer.ts';
import { BadBody, type Params } from '../http/params.ts';
import { carry, type Exchange } from '../mischief/exchange.ts';
import { runBatch } from './batch.ts';
import { CALL_METHODS } from './calls.ts';
import { BitrixError } from './errors.ts';
import { ITEM_METHODS } from './items.ts';
import type { BitrixMethod, MethodResult } from './method.ts';
import { MISC_METHODS } from './misc.ts';
import { OLD_METHODS } from './old-style.ts';
import { readPhpParams } from './params.ts';
import type { Portal } from './portal.ts';

const METHODS: Record<string, BitrixMethod> = {
  ...ITEM_METHODS,
  ...OLD_METHODS,
  ...MISC_METHODS,
  ...CALL_METHODS,
};

export interface RateLimit {
  /** Counter value from which on requests are refused. */
  burst: number;
  /** How fast the counter drains. */
  perSecond: number;
}

/** The portal's leaky bucket, shared by all who call it. */
export class LeakyBucket {
  limit: RateLimit | undefined;
  #level = 0;
  #at = Date.now();

  constructor(limit: RateLimit | undefined) {
    this.limit = limit;
  }

  /** Counts a request; false when it is one too many. */
  take(): boolean {
    if (!this.limit) return true;
    const now = Date.now();
    this.#level = Math.max(0, this.#level - ((now - this.#at) / 1000) * this.limit.perSecond);
    this.#at = now;
    if (this.#level + 1 > this.limit.burst) return false;
    this.#level++;
    return true;
  }

  empty(): void {
    this.#level = 0;
  }
}

interface BitrixDeps extends Exchange {
  portal: Portal;
  bucket: LeakyBucket;
  userId: number;
  code: string;
}

function refusal({ status, code, message }: BitrixError): Answer {
  return { status, json: { error: code, error_description: message } };
}

function timing(began: number) {
  const now = Date.now();
  const duration = (now - began) / 1000;
  return {
    start: began / 1000,
    finish: now / 1000,
    duration,
    processing: duration,
    date_start: new Date(began).toISOString(),
    date_finish: new Date(now).toISOString(),
    operating_reset_at: Math.floor(now / 1000) + 600,
    operating: 0,
  };
}

/** The REST API of one portal under `/rest/<user>/<code>/<method>[.json]`. */
export function bitrixApp(deps: BitrixDeps): Hono {
  const { portal, bucket } = deps;
  const app = new Hono();

  const run = (method: string, params: Params): MethodResult => {
    const found = METHODS[method];
    if (!found || !Object.hasOwn(METHODS, method))
      throw new BitrixError(404, 'ERROR_METHOD_NOT_FOUND', 'Method not found!');
    return found(params, portal);
  };

  const plan = (user: string, code: string, method: string, params: Params): Planned => {
    const began = Date.now();
    try {
      if (code !== deps.code) throw new BitrixError(401, 'NO_AUTH_FOUND', 'Wrong authorization data');
      if (Number(user) !== deps.userId)
        throw new BitrixError(403, 'INVALID_CREDENTIALS', 'Invalid request credentials');
      if (!bucket.take()) throw new BitrixError(503, 'QUERY_LIMIT_EXCEEDED', 'Too many requests');
      const { commit, ...body } = method === 'batch' ? runBatch(params, run) : run(method, params);
      return {
        answer: { status: 200, json: { ...body, time: timing(began) } },
        commit: commit ?? (() => undefined),
      };
    } catch (error) {
      if (error instanceof BitrixError) return pure(refusal(error));
      throw error;
    }
  };

  app.all('*', async (c) => {
    const [, rest, user = '', code = '', name = ''] = new URL(c.req.url).pathname.split('/');
    if (rest !== 'rest' || name === '')
      return c.json({ error: 'NO_AUTH_FOUND', error_description: 'Wrong authorization data' }, 401);
    const method = name.replace(/\.json$/, '').toLowerCase();
    let params: Params;
    try {
      params = await readPhpParams(c);
    } catch (error) {
      if (!(error instanceof BadBody)) throw error;
      return c.json({ error: 'INVALID_REQUEST', error_description: 'Invalid request.' }, 400);
    }
    const call = { service: 'bitrix24' as const, method, path: `/${method}`, params };
    return carry(c, deps, call, () => plan(user, code, method, params));
  });

  return app;
}
