import { z } from '@hono/zod-openapi';
import type { PageRequest, Position } from '../db/queries/page.ts';
import { decodeCursor, encodeCursor } from './cursor.ts';
import { Problem } from './problem.ts';

/** A moment as a parameter. PostgreSQL has no year 0, and nothing here happened before 1970. */
const moment = z.iso
  .datetime({ offset: true })
  .transform((text) => new Date(text))
  .refine((date) => date.getUTCFullYear() >= 1970, 'must not be before 1970');

/** An optional moment in a query; `description` says which side of it is meant. */
export const momentParam = (description: string) =>
  moment.optional().openapi({ type: 'string', format: 'date-time', description });

/** Query parameters of every list: spread them into its schema and read them with `pageRequest`. */
export const pageParams = {
  limit: z.coerce.number().int().min(1).max(100).default(50),
  cursor: z.string().max(500).optional().openapi({ description: '`next_cursor` of the page before.' }),
};

/** Field of every list's answer: fill it with `cursorTo`. */
export const nextCursor = z
  .string()
  .nullable()
  .openapi({ description: 'Give it as `cursor` for the next page; null on the last.' });

/** Which rows are asked for; a forged cursor is refused. */
export function pageRequest({ limit, cursor }: { limit: number; cursor?: string | undefined }): PageRequest {
  const after = cursor === undefined ? undefined : decodeCursor(cursor);
  if (cursor !== undefined && after === undefined) {
    throw new Problem(400, 'invalid-request', 'A parameter does not have the expected form.', {
      errors: [{ parameter: 'cursor', detail: 'is not one that this API gave' }],
    });
  }
  return { limit, after };
}

export const cursorTo = (next: Position | undefined): string | null =>
  next === undefined ? null : encodeCursor(next);
