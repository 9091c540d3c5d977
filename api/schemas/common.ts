import { z } from '@hono/zod-openapi';
import { PROBLEM_JSON, ProblemSchema } from '../problem.ts';

/** Text that PostgreSQL takes as a parameter: it refuses U+0000, and nobody means other control characters. */
export const plainText = (max: number) =>
  z
    .string()
    .max(max)
    .regex(/^\P{Cc}*$/u, 'must not contain control characters')
    // JSON Schema knows no flags, and not every reader knows \P.
    .openapi({ pattern: '^[^\\u0000-\\u001F\\u007F-\\u009F]*$' });

/** Which tenant a request is about; an installation with one tenant never needs it. */
export const tenantParam = plainText(100)
  .optional()
  .openapi({ description: 'Slug of the tenant; the default tenant when absent.', example: 'default' });

const WORDS: Record<number, string> = {
  400: 'A parameter or the form of the body is wrong.',
  401: 'The token or secret is missing or wrong.',
  404: 'There is no such resource.',
  409: 'The state of the resource does not allow it.',
  410: 'Nobody waits for this any more.',
  413: 'The body is too large.',
  415: 'The body is not JSON.',
  422: 'The body is understood and not acceptable; `errors` points at the places.',
  429: 'Too many requests with this key, or for this tenant; come again after `Retry-After` seconds.',
  500: 'An unexpected error; the request id finds it in the log.',
  503: 'A dependency is down; try again after `Retry-After` seconds.',
};

/** Documents the problems that a route may answer with. */
export function problems(...statuses: number[]) {
  return Object.fromEntries(
    statuses.map((status) => [
      status,
      { description: WORDS[status] ?? 'Problem', content: { [PROBLEM_JSON]: { schema: ProblemSchema } } },
    ]),
  );
}

/** A moment in an answer. */
export const instant = z.iso.datetime().openapi({ example: '2026-01-31T09:00:00.000Z' });
export const iso = (date: Date | null): string | null => date?.toISOString() ?? null;

/** Documents a JSON answer. */
export const json = <T extends z.ZodType>(schema: T, description: string) => ({
  description,
  content: { 'application/json': { schema } },
});
