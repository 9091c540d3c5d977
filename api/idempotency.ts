import { createHash } from 'node:crypto';
import { z } from '@hono/zod-openapi';
import { Problem } from './problem.ts';

/** Key that the caller chose: printable ASCII without spaces, so that every proxy leaves it as it is. */
export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
export const idempotencyKey = z
  .string()
  .regex(IDEMPOTENCY_KEY, 'must be 1 to 255 printable ASCII characters without spaces');

/** The key of a request that must have one, from its header or its body. */
export function oneKey(header: string | undefined, body?: string): string {
  if (header !== undefined && body !== undefined && header !== body) {
    throw new Problem(400, 'invalid-request', 'The header and the body name different idempotency keys.', {
      errors: [{ pointer: '#/key', detail: 'differs from the header Idempotency-Key' }],
    });
  }
  const chosen = header ?? body;
  if (chosen !== undefined) return chosen;
  throw new Problem(400, 'missing-idempotency-key', 'Send an Idempotency-Key header, or "key" in the body.');
}

/**
 * The workflow id of a run started through the API. The key is hashed, because callers put phone
 * numbers into keys and workflow ids are readable by everybody who may open the engine's UI.
 */
export function apiWorkflowId(process: string, tenantId: string, key: string): string {
  return `${process}/api/${hash([tenantId, process, key])}`;
}

/** The same for one that a delivery to the process's webhook starts. */
export const hookWorkflowId = (process: string, tenantId: string, key: string): string =>
  `${process}/hook/${hash([tenantId, process, key])}`;

/** The same for two bodies that mean the same, whatever the order of their fields. */
export const fingerprint = (value: unknown): string => hash(canonical(value));

const hash = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value)).digest('base64url').slice(0, 32);

function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value ?? null;
  // Pairs in one order; the wrapper keeps an object apart from an array that looks like its pairs.
  const pairs = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return { object: pairs.map(([key, item]) => [key, canonical(item)]) };
}
