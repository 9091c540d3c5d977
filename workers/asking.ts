import { type Client, isGrpcServiceError, ServiceError, WorkflowNotFoundError } from '@temporalio/client';

const ANSWER_MS = 5_000;
const NOT_FOUND = 5;
/** gRPC codes of an engine that may answer in a moment: cancelled, deadline, exhausted, aborted, unavailable. */
const PASSING = new Set<number>([1, 4, 8, 10, 14]);

/** How callers of the API ask the engine: they hear of an outage before they give up themselves. */
export function createAsking(client: Client, onUnavailable?: (error: unknown) => void) {
  return {
    soon: <T>(ask: () => Promise<T>): Promise<T> => client.withDeadline(Date.now() + ANSWER_MS, ask),
    /** Undefined when the engine cannot be reached now. */
    async guarded<T>(ask: () => Promise<T>): Promise<T | undefined> {
      try {
        return await ask();
      } catch (error) {
        const code = codeOf(error);
        if (code === undefined || !PASSING.has(code)) throw error;
        onUnavailable?.(error);
        return undefined;
      }
    },
  };
}

/** Whether the engine has no such execution (any more). */
export const isMissing = (error: unknown): boolean =>
  error instanceof WorkflowNotFoundError || codeOf(error) === NOT_FOUND;

/** The gRPC code; the client wraps what the connection says in an error of its own. */
function codeOf(error: unknown): number | undefined {
  const cause = error instanceof ServiceError ? error.cause : error;
  return isGrpcServiceError(cause) ? cause.code : undefined;
}
