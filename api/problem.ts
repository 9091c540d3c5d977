import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import type { AppEnv } from './deps.ts';

export const PROBLEM_JSON = 'application/problem+json';

/** One fault of a request, pointing at the place: in the body (JSON pointer) or a parameter. */
const FieldError = z.object({
  pointer: z.string().optional().openapi({ example: '#/input/phone' }),
  parameter: z.string().optional().openapi({ example: 'limit' }),
  detail: z.string(),
});
export type FieldError = z.infer<typeof FieldError>;

export const ProblemSchema = z
  .object({
    type: z.string().openapi({ example: 'urn:dirigent:problem:not-found' }),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    instance: z.string().openapi({ description: 'Path of the request.' }),
    request_id: z.string().openapi({ description: 'The correlation id: found in logs and rows.' }),
    errors: z.array(FieldError).optional(),
  })
  .openapi('Problem', { description: 'RFC 9457 problem details.' });

/** Kinds of problem and their titles. A title never changes with the occurrence. */
const TITLES = {
  'invalid-request': 'The request is not valid',
  'malformed-json': 'The body is not JSON',
  'missing-idempotency-key': 'An idempotency key is needed',
  unauthorized: 'A valid credential is needed',
  'not-found': 'There is nothing here',
  'method-not-allowed': 'This method is not supported here',
  'idempotency-conflict': 'The idempotency key was used for something else',
  gone: 'This is over',
  'customer-state': 'The state of the customer does not allow this',
  'run-closed': 'The run has already ended',
  'run-open': 'The run has not ended',
  'run-retried': 'A later run has taken its place',
  'nothing-to-retry': 'There is nothing to try again',
  'nothing-to-resume': 'There is no wait to end',
  'history-gone': 'The history of the run is gone',
  'send-settled': 'The send is not in doubt',
  'too-many-requests': 'The limit of requests is reached',
  'body-too-large': 'The body is too large',
  'unreadable-payload': 'A payload cannot be read',
  'unsupported-media-type': 'This content type is not supported',
  'invalid-input': 'The input does not fit',
  unavailable: 'A part of the system is not reachable now',
  internal: 'Something went wrong here',
} as const;
export type ProblemKind = keyof typeof TITLES;

export interface ProblemOptions {
  errors?: FieldError[];
  headers?: Record<string, string>;
  cause?: unknown;
}

/** Thrown by handlers, rendered once by the application. `detail` is for the caller: nothing internal in it. */
export class Problem extends Error {
  readonly status: number;
  readonly kind: ProblemKind;
  readonly detail: string;
  readonly options: ProblemOptions;

  constructor(status: number, kind: ProblemKind, detail: string, options: ProblemOptions = {}) {
    super(detail, { cause: options.cause });
    this.name = 'Problem';
    this.status = status;
    this.kind = kind;
    this.detail = detail;
    this.options = options;
  }
}

export function renderProblem(c: Context<AppEnv>, problem: Problem): Response {
  const body: z.infer<typeof ProblemSchema> = {
    type: `urn:dirigent:problem:${problem.kind}`,
    title: TITLES[problem.kind],
    status: problem.status,
    detail: problem.detail,
    instance: c.req.path,
    request_id: c.get('requestId'),
    ...(problem.options.errors === undefined ? {} : { errors: problem.options.errors }),
  };
  return c.body(JSON.stringify(body), problem.status as 400, {
    'Content-Type': PROBLEM_JSON,
    'Cache-Control': 'no-store',
    ...problem.options.headers,
  });
}

/** A dependency is down: worth the same request again. */
export const unavailable = (detail: string, cause?: unknown) =>
  new Problem(503, 'unavailable', detail, { headers: { 'Retry-After': '5' }, cause });

/** Zod's issues as pointers into the body, below `base`. */
export function pointerErrors(error: z.ZodError, base: readonly PropertyKey[] = []): FieldError[] {
  return error.issues.map((issue) => ({
    pointer: `#${[...base, ...issue.path].map((part) => `/${escapePointer(String(part))}`).join('')}`,
    detail: issue.message,
  }));
}

const escapePointer = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');
