import * as z from 'zod';

/** PHP writes an empty object as `[]`. */
export const phpObject = <T extends z.ZodType>(schema: T) =>
  z.preprocess((value) => (Array.isArray(value) && value.length === 0 ? {} : value), schema);

/** PHP writes a list with holes as an object with numeric keys. */
export const phpList = <T extends z.ZodType>(item: T) =>
  z.preprocess(
    (value) => (value !== null && typeof value === 'object' ? Object.values(value) : value),
    z.array(item),
  );

/** An id, which old methods write as a string. */
export const entityId = z
  .union([z.int().positive(), z.string().regex(/^[1-9]\d*$/)])
  .transform((id) => String(id));

const Envelope = z.looseObject({
  result: z.unknown().optional(),
  error: z.union([z.string(), z.number()]).transform(String).optional(),
  error_description: z.string().optional().catch(undefined),
  next: z.coerce.number().int().positive().optional().catch(undefined),
  time: z
    .looseObject({ operating_reset_at: z.coerce.number().positive().optional() })
    .optional()
    .catch(undefined),
});

/** The part of an answer's body that every method shares. */
export interface ParsedEnvelope {
  result?: unknown;
  /** Present, and possibly empty, when the portal reports an error. */
  error?: string;
  description?: string;
  /** Where the next page of a list begins; absent on the last one. */
  next?: number;
  /** Unix seconds at which the method's operating budget starts anew. */
  operatingResetAt?: number;
}

/** Undefined for anything that is no envelope: HTML of a proxy, an empty or a cut body. */
export function parseEnvelope(body: string): ParsedEnvelope | undefined {
  const parsed = Envelope.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  const { result, error, error_description, next, time } = parsed.data;
  if (result === undefined && error === undefined) return undefined;
  return {
    result,
    error,
    description: error_description,
    next,
    operatingResetAt: time?.operating_reset_at,
  };
}

function parseJson(body: string): unknown {
  try {
    return JSON.parse(body.replace(/^\uFEFF/, ''));
  } catch {
    return undefined; // not an envelope: the caller classifies by status
  }
}

/**
 * What the portal says about a fault, fit for a log: one short line without markup, addresses,
 * long numbers or anything that we had sent.
 */
export function scrub(description: string, sent: readonly string[]): string {
  let text = description.replace(/<[^>]*>/g, ' ');
  for (const value of [...sent].sort((a, b) => b.length - a.length)) {
    if (value.length >= 3) text = text.replaceAll(value, '…');
  }
  return text
    .replace(/\S+@\S+/g, '…')
    .replace(/https?:\/\/\S+/g, '…')
    .replace(/\+?\d[\d\s()-]{4,}\d/g, '…')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 200);
}

/** Every string inside a request's parameters. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  if (value === null || typeof value !== 'object') return [];
  return Object.values(value).flatMap(stringsIn);
}
