import { OpenAPIHono } from '@hono/zod-openapi';
import type { App } from '../api/app.ts';
import type { AppDeps, AppEnv } from '../api/deps.ts';
import { errorHandler, notFoundHandler } from '../api/errors.ts';
import { observe } from '../api/middleware/observe.ts';
import { requestId } from '../api/middleware/request-id.ts';
import { operationsRoutes } from '../api/routes/operations.ts';

/** What probes ask of a process that does not serve the API, or not yet: health, readiness, version, metrics. */
export function createOperationsApp(deps: Pick<AppDeps, 'log' | 'build' | 'metrics' | 'readiness'>): App {
  const app: App = new OpenAPIHono<AppEnv>();
  app.onError(errorHandler(deps.log));
  app.notFound(notFoundHandler);
  app.use(requestId);
  app.use(observe(deps.log, deps.metrics));
  operationsRoutes(app, deps);
  return app;
}
