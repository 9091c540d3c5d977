import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { AppDeps } from '../deps.ts';
import { readiness } from '../readiness.ts';
import { json } from '../schemas/common.ts';

const Health = z.object({ status: z.literal('ok') }).openapi('Health');
const Readiness = z
  .object({
    status: z.enum(['ready', 'not_ready']),
    checks: z.array(
      z.object({
        name: z.string().openapi({ example: 'postgres' }),
        ok: z.boolean(),
        reason: z.string().optional().openapi({ description: 'Why not.' }),
        note: z.string().optional().openapi({ description: 'Works, and this is worth knowing.' }),
        ms: z.int(),
      }),
    ),
  })
  .openapi('Readiness');
const Version = z
  .object({
    version: z.string(),
    commit: z.string().openapi({ description: '`dev` outside of any build.' }),
    built_at: z.iso.datetime({ offset: true }).nullable(),
  })
  .openapi('Version');

/** What probes and the person on call ask. Open, so it tells nothing about customers. */
export function operationsRoutes(app: App, deps: Pick<AppDeps, 'readiness' | 'build' | 'metrics'>): void {
  const askReadiness = readiness(deps.readiness);

  app.openapi(
    createRoute({
      method: 'get',
      path: '/health',
      tags: ['operations'],
      summary: 'Is the process alive?',
      responses: { 200: json(Health, 'It is. Says nothing about dependencies.') },
    }),
    (c) => c.json({ status: 'ok' as const }, 200, NO_STORE),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/ready',
      tags: ['operations'],
      summary: 'Can it do its work?',
      responses: {
        200: json(Readiness, 'Every dependency answers.'),
        503: json(Readiness, 'At least one does not; its reason is given.'),
      },
    }),
    async (c) => {
      const { ready, checks } = await askReadiness();
      return ready
        ? c.json({ status: 'ready' as const, checks }, 200, NO_STORE)
        : c.json({ status: 'not_ready' as const, checks }, 503, NO_STORE);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/version',
      tags: ['operations'],
      summary: 'What exactly is running?',
      responses: { 200: json(Version, 'Version, commit and build time.') },
    }),
    (c) => {
      const { version, commit, builtAt } = deps.build;
      return c.json({ version, commit, built_at: builtAt }, 200, NO_STORE);
    },
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/metrics',
      tags: ['operations'],
      summary: 'Metrics for Prometheus',
      responses: {
        200: { description: 'Text exposition format.', content: { 'text/plain': { schema: z.string() } } },
      },
    }),
    async (c) => c.text(await deps.metrics.metrics(), 200, { 'Content-Type': deps.metrics.contentType }),
  );
}

const NO_STORE = { 'Cache-Control': 'no-store' };
