import { describe, expect, it } from 'vitest';
import { testApp } from '../testing.ts';

interface Operation {
  summary?: string;
  security?: unknown[];
  parameters?: Array<{ name: string; in: string }>;
  responses: Record<string, { description: string; content?: Record<string, { schema: unknown }> }>;
}

async function document() {
  const { app } = testApp();
  const response = await app.request('/openapi.json');
  expect(response.status).toBe(200);
  return {
    app,
    doc: (await response.json()) as {
      openapi: string;
      info: { version: string };
      paths: Record<string, Record<string, Operation>>;
      components: { schemas: Record<string, unknown>; securitySchemes: Record<string, unknown> };
    },
  };
}

describe('/openapi.json', () => {
  it('lists every route that is served, each with a summary, answers and their schemas', async () => {
    const { app, doc } = await document();
    const served = new Set(
      app.routes
        .filter(({ method }) => method !== 'ALL')
        .map(({ method, path }) => `${method} ${path.replace(/:(\w+)/g, '{$1}')}`),
    );
    const described = new Set(
      Object.entries(doc.paths).flatMap(([path, operations]) =>
        Object.keys(operations).map((method) => `${method.toUpperCase()} ${path}`),
      ),
    );
    expect(described).toEqual(served);
    expect(described.size).toBeGreaterThanOrEqual(13);

    for (const [path, operations] of Object.entries(doc.paths)) {
      for (const operation of Object.values(operations)) {
        expect(operation.summary, path).toBeTruthy();
        for (const [status, { description, content }] of Object.entries(operation.responses)) {
          expect(description, `${path} ${status}`).toBeTruthy();
          if (Number(status) >= 400 && status !== '503') {
            expect(content?.['application/problem+json']?.schema, `${path} ${status}`).toBeDefined();
          }
        }
        if (path.startsWith('/api/')) {
          const ok = Object.keys(operation.responses).filter((status) => status.startsWith('2'));
          expect(ok.length, path).toBeGreaterThan(0);
          for (const status of ok) {
            expect(operation.responses[status]?.content?.['application/json']?.schema, path).toBeDefined();
          }
          for (const parameter of path.match(/(?<=\{)\w+/g) ?? []) {
            expect(
              operation.parameters?.map(({ name }) => name),
              path,
            ).toContain(parameter);
          }
        }
      }
    }
    expect(Object.keys(doc.components.schemas)).toEqual(
      expect.arrayContaining(['Problem', 'Run', 'RunSummary', 'RunList', 'Process', 'StartRun']),
    );
    expect(doc.openapi).toBe('3.1.0');
    expect(doc.info.version).toBe('1.2.3');
  });

  it('names no schema that it does not contain', async () => {
    const { doc } = await document();
    const references = JSON.stringify(doc).matchAll(/"\$ref":"#\/components\/schemas\/([^"]+)"/g);
    for (const [, name] of references) expect(doc.components.schemas).toHaveProperty(name as string);
  });

  it('writes patterns as JSON Schema knows them: without flags', async () => {
    const { doc } = await document();
    const patterns = [...JSON.stringify(doc).matchAll(/"pattern":("(?:[^"\\]|\\.)*")/g)].map(
      ([, text]) => JSON.parse(text as string) as string,
    );
    expect(patterns.length).toBeGreaterThan(0);
    for (const pattern of patterns) {
      expect(pattern).not.toMatch(/\/[a-z]+$/);
      expect(() => new RegExp(pattern, 'u')).not.toThrow();
    }
  });

  it('says of every route under /api that it needs the token, and no such route answers without it', async () => {
    const { app, doc } = await document();
    const routes = Object.entries(doc.paths).filter(([path]) => path.startsWith('/api/'));
    expect(routes.length).toBeGreaterThanOrEqual(5);
    for (const [path, operations] of routes) {
      for (const [method, operation] of Object.entries(operations)) {
        expect(operation.security, path).toEqual([{ token: [] }]);
        expect(operation.responses, path).toHaveProperty('401');
        for (const authorization of [undefined, 'Bearer wrong', 'Basic YTpi', 'Bearer', 'Bearer ']) {
          const response = await app.request(path.replace(/\{\w+\}/g, 'x'), {
            method: method.toUpperCase(),
            headers: authorization === undefined ? {} : { authorization },
          });
          expect(response.status, `${method} ${path} with ${authorization}`).toBe(401);
          expect(response.headers.get('www-authenticate')).toContain('Bearer realm=');
        }
      }
    }
    expect((await app.request('/api/v1/no-such-thing')).status).toBe(401);
  });
});

describe('/docs', () => {
  it('loads scripts, styles and pictures from this server alone, and forbids any other', async () => {
    const { app } = testApp();
    const page = await app.request('/docs');
    const html = await page.text();
    expect(page.headers.get('content-security-policy')).toContain("default-src 'none'; script-src 'self';");
    expect(html).not.toMatch(/https?:\/\//);
    expect(html).not.toMatch(/<script>/);
    const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link as string);
    expect(links).toHaveLength(4);
    for (const link of links) {
      const response = await app.request(link);
      expect(response.status, link).toBe(200);
      expect((await response.arrayBuffer()).byteLength, link).toBeGreaterThan(0);
    }
  });

  it.each(['/docs/package.json', '/docs/..%2Fpackage.json', '/docs/constructor', '/docs/__proto__'])(
    'serves no other file: %s',
    async (path) => {
      const { app } = testApp();
      expect((await app.request(path)).status).toBe(404);
    },
  );
});
