import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { AppDeps, ProcessDirectory, ProcessInfo } from '../deps.ts';
import { Problem } from '../problem.ts';
import { json, problems } from '../schemas/common.ts';

const security = [{ token: [] }];
const JsonSchema = z.record(z.string(), z.unknown()).openapi({ description: 'JSON Schema, draft 2020-12.' });

const Process = z
  .object({
    name: z.string().openapi({ example: 'lead' }),
    title: z.string(),
    description: z.string().nullable(),
    triggers: z.array(z.record(z.string(), z.unknown())),
    input_schema: JsonSchema,
    output_schema: JsonSchema.nullable(),
    examples: z.array(z.unknown()),
  })
  .openapi('Process');

/** What this installation can run. */
export function processRoutes(app: App, { processes }: Pick<AppDeps, 'processes'>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/processes',
      tags: ['processes'],
      summary: 'List the processes',
      security,
      responses: {
        200: json(z.object({ processes: z.array(Process) }).openapi('ProcessList'), 'All of them.'),
        ...problems(401, 500),
      },
    }),
    (c) => c.json({ processes: processes.list().map(processJson) }, 200),
  );

  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/processes/{name}',
      tags: ['processes'],
      summary: 'Read a process: what starts it and what it takes',
      security,
      request: { params: z.object({ name: z.string() }) },
      responses: { 200: json(Process, 'The process.'), ...problems(401, 404, 500) },
    }),
    (c) => c.json(processJson(requireProcess(processes, c.req.valid('param').name)), 200),
  );
}

export function requireProcess(processes: ProcessDirectory, name: string): ProcessInfo {
  const found = processes.get(name);
  if (found === undefined) throw new Problem(404, 'not-found', 'There is no such process.');
  return found;
}

function processJson(info: ProcessInfo): z.infer<typeof Process> {
  return {
    name: info.name,
    title: info.title,
    description: info.description ?? null,
    triggers: info.triggers.map((trigger) => ({ ...trigger })),
    input_schema: jsonSchema(info.input, 'input'),
    output_schema: info.output === undefined ? null : jsonSchema(info.output, 'output'),
    examples: [...info.examples],
  };
}

/** What cannot be said in JSON Schema (a refinement, say) is left open rather than refused. */
const jsonSchema = (schema: z.ZodType, io: 'input' | 'output'): Record<string, unknown> => ({
  ...z.toJSONSchema(schema, { io, unrepresentable: 'any' }),
});
