import { OpenAPIHono } from '@hono/zod-openapi';
import { cors } from 'hono/cors';
import { methodNotAllowed } from 'hono/method-not-allowed';
import type { AppDeps, AppEnv } from './deps.ts';
import { errorHandler, notFoundHandler, refuseInvalid } from './errors.ts';
import { bearer } from './middleware/bearer.ts';
import { limitBody } from './middleware/body.ts';
import { observe } from './middleware/observe.ts';
import { documentRates, limitRate } from './middleware/rate.ts';
import { requestId } from './middleware/request-id.ts';
import { Problem, renderProblem } from './problem.ts';
import { alarmRoutes } from './routes/alarms.ts';
import { callbackRoutes } from './routes/callbacks.ts';
import { codecRoutes } from './routes/codec.ts';
import { conversationRoutes } from './routes/conversations.ts';
import { customerRoutes } from './routes/customers.ts';
import { docsRoutes } from './routes/docs.ts';
import { eventRoutes } from './routes/events.ts';
import { hookRoutes } from './routes/hooks.ts';
import { leadRoutes } from './routes/leads.ts';
import { llmCallRoutes } from './routes/llm-calls.ts';
import { messageRoutes } from './routes/messages.ts';
import { operationsRoutes } from './routes/operations.ts';
import { processRoutes } from './routes/processes.ts';
import { promptRoutes } from './routes/prompts.ts';
import { runControlRoutes } from './routes/run-control.ts';
import { runRoutes } from './routes/runs.ts';
import { sendRoutes } from './routes/sends.ts';
import { startRunRoute } from './routes/start-run.ts';
import { telegramRoutes } from './routes/telegram.ts';

export type App = OpenAPIHono<AppEnv>;

const MAX_API_BODY = 256 * 1024;

/**
 * The HTTP side of the product as a value: webhooks, operations, documentation and the REST API. Every
 * error is an RFC 9457 problem, every request has a correlation id and one log line.
 */
export function createApp(deps: AppDeps): App {
  const app: App = new OpenAPIHono<AppEnv>({ defaultHook: refuseInvalid });
  app.onError(errorHandler(deps.log));
  app.notFound(notFoundHandler);

  app.use(requestId);
  app.use(observe(deps.log, deps.metrics));
  app.use(async (c, next) => {
    await next();
    c.header('X-Content-Type-Options', 'nosniff');
  });
  if (deps.corsOrigins.length > 0) app.use('/api/*', crossOrigin(deps.corsOrigins));
  app.use(
    methodNotAllowed({
      app,
      onMethodNotAllowed: (c, methods) =>
        renderProblem(
          c,
          new Problem(405, 'method-not-allowed', `Use ${methods.join(' or ')}.`, {
            headers: { Allow: methods.join(', ') },
          }),
        ),
    }),
  );
  app.use('/api/*', bearer(deps.apiToken), limitRate(deps.rates.api), limitBody(MAX_API_BODY));

  operationsRoutes(app, deps);
  docsRoutes(app, deps.build);
  telegramRoutes(app, deps);
  hookRoutes(app, deps);
  callbackRoutes(app, deps);
  runRoutes(app, deps);
  runControlRoutes(app, deps);
  sendRoutes(app, deps);
  llmCallRoutes(app, deps);
  eventRoutes(app, deps);
  processRoutes(app, deps);
  promptRoutes(app, deps);
  alarmRoutes(app, deps);
  startRunRoute(app, deps);
  customerRoutes(app, deps);
  conversationRoutes(app, deps);
  messageRoutes(app, deps);
  leadRoutes(app, deps);
  codecRoutes(app, deps);
  documentRates(app, '/api/');
  return app;
}

const crossOrigin = (origins: readonly string[]) =>
  cors({
    origin: [...origins],
    allowMethods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'],
    allowHeaders: ['Authorization', 'Content-Type', 'Idempotency-Key', 'X-Request-Id'],
    exposeHeaders: ['X-Request-Id', 'Location', 'Retry-After'],
    maxAge: 3600,
  });
