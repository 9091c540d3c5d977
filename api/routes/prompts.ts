import { createRoute, z } from '@hono/zod-openapi';
import type { App } from '../app.ts';
import type { AppDeps, PromptInfo } from '../deps.ts';
import { json, problems } from '../schemas/common.ts';

const Condition = z.string().nullable();

const Prompt = z
  .object({
    name: z.string().openapi({ example: 'answer' }),
    version: z.int().openapi({ example: 1 }),
    task: z.string().openapi({ description: 'What a model is asked to do with it.', example: 'answer' }),
    about: z.string(),
    hash: z.string().openapi({
      description: 'SHA-256 of the file: a version that was used never changes.',
      example: '9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08',
    }),
    used_by: z
      .array(
        z.object({
          policy: z.string().openapi({ example: 'answer' }),
          version: z.int().openapi({ example: 1 }),
          roles: z.array(z.string()).openapi({ example: ['main'] }),
          when: z
            .object({ tenant: Condition, process: Condition, intent: Condition })
            .openapi({ description: 'For which calls; null: for any.' }),
        }),
      )
      .openapi({ description: 'Policies of the configuration that give it to models.' }),
  })
  .openapi('Prompt');

/** What models are told, and by whose decision. */
export function promptRoutes(app: App, { prompts }: Pick<AppDeps, 'prompts'>): void {
  app.openapi(
    createRoute({
      method: 'get',
      path: '/api/v1/prompts',
      tags: ['models'],
      summary: 'List the prompts and the policies that use them',
      security: [{ token: [] }],
      responses: {
        200: json(z.object({ prompts: z.array(Prompt) }).openapi('PromptList'), 'Every version of each.'),
        ...problems(401, 500),
      },
    }),
    (c) => c.json({ prompts: prompts.map(promptJson) }, 200),
  );
}

const promptJson = ({ usedBy, ...prompt }: PromptInfo): z.infer<typeof Prompt> => ({
  ...prompt,
  used_by: usedBy.map(({ name, version, roles, when }) => ({
    policy: name,
    version,
    roles: [...roles],
    when: { tenant: when.tenant ?? null, process: when.process ?? null, intent: when.intent ?? null },
  })),
});
