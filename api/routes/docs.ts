import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { BuildInfo } from '../deps.ts';
import { Problem } from '../problem.ts';
import { problems } from '../schemas/common.ts';

/** Everything comes from this server; scripts only from files, so that nothing in a description can run. */
const CSP = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Dirigent API</title>
    <link rel="stylesheet" href="/docs/swagger-ui.css">
    <link rel="icon" href="/docs/favicon-32x32.png">
  </head>
  <body>
    <div id="docs"></div>
    <script src="/docs/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#docs',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis],
});
`;

/** Files of the installed package that the page needs, by content type. */
const ASSETS: Record<string, string> = {
  'swagger-ui.css': 'text/css; charset=utf-8',
  'swagger-ui-bundle.js': 'text/javascript; charset=utf-8',
  'favicon-32x32.png': 'image/png',
};

/** The API's description, and a page to read and try it without any other server. */
export function docsRoutes(app: App, build: BuildInfo): void {
  app.openAPIRegistry.registerComponent('securitySchemes', 'token', { type: 'http', scheme: 'bearer' });
  app.openAPIRegistry.registerPath({
    ...page('/openapi.json', 'This description', 'application/json'),
  });
  const about = {
    openapi: '3.1.0',
    info: {
      title: 'Dirigent',
      version: build.version,
      description: 'Durable processes for business bots: take messages, read runs, start and cancel them.',
    },
    tags: [
      { name: 'webhooks' },
      { name: 'runs' },
      { name: 'processes' },
      { name: 'customers' },
      { name: 'conversations' },
      { name: 'leads' },
      { name: 'operations' },
      { name: 'codec' },
    ],
  };
  // Made once, when it is first asked for: anybody may ask, and making it takes longer than most requests.
  let description: ReturnType<App['getOpenAPI31Document']> | undefined;
  app.get('/openapi.json', (c) => {
    description ??= app.getOpenAPI31Document(about);
    return c.json(description);
  });

  app.openAPIRegistry.registerPath(page('/docs', 'This description, for people', 'text/html'));
  app.get('/docs', (c) => c.html(PAGE, 200, { 'Content-Security-Policy': CSP }));

  app.openAPIRegistry.registerPath({
    ...page('/docs/{file}', 'Files of that page', 'application/octet-stream'),
    request: { params: z.object({ file: z.string() }) },
    responses: { 200: { description: 'The file.' }, ...problems(404) },
  });
  app.get('/docs/:file', async (c) => {
    const name = c.req.param('file');
    if (name === 'start.js') return c.body(START, 200, { 'Content-Type': 'text/javascript; charset=utf-8' });
    const type = Object.hasOwn(ASSETS, name) ? ASSETS[name] : undefined;
    if (type === undefined) throw new Problem(404, 'not-found', 'There is no such resource.');
    const body = await asset(name);
    return c.body(body, 200, { 'Content-Type': type, 'Cache-Control': 'public, max-age=86400' });
  });
}

const folder = dirname(createRequire(import.meta.url).resolve('swagger-ui-dist/package.json'));

/** Read once per request: the page is opened rarely, and the bundle is large to keep in memory. */
async function asset(name: string): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await readFile(join(folder, name)));
}

const page = (path: string, summary: string, type: string) => ({
  method: 'get' as const,
  path,
  tags: ['operations'],
  summary,
  responses: { 200: { description: summary, content: { [type]: { schema: z.unknown() } } } },
});
