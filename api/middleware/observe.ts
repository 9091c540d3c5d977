import type { Context, MiddlewareHandler } from 'hono';
import { matchedRoutes } from 'hono/route';
import { Histogram, type Registry } from 'prom-client';
import type { AppEnv, Log } from '../deps.ts';

const METRIC = 'request_duration_seconds';
/** What the HTTP side is called among the services whose requests are measured. */
const SERVICE = 'api';
const PROBES = new Set(['/health', '/ready', '/metrics']);

/** Durations of requests that we answer, and of those we make of others, by service and endpoint; one per registry. */
export function requestDurations(registry: Registry) {
  const known = registry.getSingleMetric(METRIC);
  if (known) return known as ReturnType<typeof create>;
  const create = () =>
    new Histogram({
      name: METRIC,
      help: 'Duration of requests: of our own API by route pattern, of model providers by purpose.',
      labelNames: ['service', 'endpoint', 'method', 'status'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60],
      registers: [registry],
    });
  return create();
}

/**
 * One line and one measurement per request, by route pattern: a path would put ids and secrets into
 * logs and make a series of every chat. Bodies and queries are never logged.
 */
export function observe(log: Log, registry: Registry): MiddlewareHandler<AppEnv> {
  const durations = requestDurations(registry);
  return async (c, next) => {
    const begun = performance.now();
    await next();
    const ms = performance.now() - begun;
    const { status } = c.res;
    const route = routeOf(c);
    const method = METHODS.has(c.req.method) ? c.req.method : 'OTHER';
    durations.observe({ service: SERVICE, endpoint: route, method, status }, ms / 1000);
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
