import type { ErrorHandler, NotFoundHandler } from 'hono';
import { HTTPException } from 'hono/http-exception';
import type { ZodError } from 'zod';
import { isDatabaseUnavailable } from '../db/unavailable.ts';
import type { AppEnv, Log } from './deps.ts';
import { routeOf } from './middleware/observe.ts';
import { Problem, pointerErrors, renderProblem, unavailable } from './problem.ts';

/** Turns everything thrown into a problem. What nobody expected is logged in full and told in one sentence. */
export function errorHandler(log: Log): ErrorHandler<AppEnv> {
  return (error, c) => {
    const problem = toProblem(error);
    if (problem.status >= 500) {
      log.error(
        // By pattern: a path may hold a secret.
        { correlationId: c.get('requestId'), route: routeOf(c), err: problem.cause ?? error },
        problem.detail,
      );
    }
    return renderProblem(c, problem);
  };
}

export const notFoundHandler: NotFoundHandler<AppEnv> = (c) =>
  renderProblem(c, new Problem(404, 'not-found', 'There is no such resource.'));

/** Answers requests that their schema refuses. */
export function refuseInvalid(result: { target: string; success: boolean; error?: ZodError }): void {
  if (result.success || result.error === undefined) return;
  if (result.target === 'json') {
    throw new Problem(422, 'invalid-request', 'The body does not have the expected form.', {
      errors: pointerErrors(result.error),
    });
  }
  throw new Problem(400, 'invalid-request', 'A parameter does not have the expected form.', {
    errors: result.error.issues.flatMap((issue) => {
      const names = issue.code === 'unrecognized_keys' ? issue.keys : [issue.path.map(String).join('.')];
      return names.map((parameter) => ({ parameter, detail: issue.message }));
    }),
  });
}

function toProblem(error: Error): Problem {
  if (error instanceof Problem) return error;
  if (error instanceof HTTPException) {
    // The framework throws these for bodies it cannot read; its words are replaced by ours.
    if (error.status === 415) {
      return new Problem(415, 'unsupported-media-type', 'Send the body as application/json.');
    }
    if (error.status < 500) return new Problem(400, 'malformed-json', 'The body cannot be read as JSON.');
  }
  if (isDatabaseUnavailable(error))
    return unavailable('The database cannot take this now. Try again.', error);
  return new Problem(
    500,
    'internal',
    'The request could not be carried out. The request id finds it in the log.',
    {
      cause: error,
    },
  );
}
