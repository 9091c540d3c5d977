import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { Histogram, type Registry } from 'prom-client';
import type { AppEnv, Log } from '../deps.ts';

const METRIC = 'dirigent_http_request_duration_seconds';
const PROBES = new Set(['/health', '/ready', '/metrics']);

/**
 * One line and one measurement per request, by route pattern: a path would put ids and secrets into
 * logs and make a series of every chat. Bodies and queries are never logged.
 */
export function observe(log: Log, registry: Registry): MiddlewareHandler<AppEnv> {
  const known = registry.getSingleMetric(METRIC) as Histogram | undefined;
  const durations =
    known ??
    new Histogram({
      name: METRIC,
      help: 'Duration of HTTP requests by route pattern.',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
      registers: [registry],
    });
  return async (c, next) => {
    const begun = performance.now();
    await next();
    const ms = performance.now() - begun;
    const { status } = c.res;
    const route = routeOf(c);
    const method = METHODS.has(c.req.method) ? c.req.method : 'OTHER';
    durations.observe({ method, route, status }, ms / 1000);
    const line = { correlationId: c.get('requestId'), method, route, status, ms: Math.round(ms * 10) / 10 };
    // Probes repeat themselves; what is not ready is in their answers.
    if (PROBES.has(route)) log.debug(line, 'request');
    else if (status >= 500) log.error(line, 'request');
    else log.info(line, 'request');
  };
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** The pattern of the handler that was meant; middleware is registered for all methods. */
export const routeOf = (c: Context): string =>
  matchedRoutes(c)
    .filter(({ method }) => method !== 'ALL')
    .at(-1)?.path ?? 'none';
