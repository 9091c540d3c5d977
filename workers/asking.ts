import { type Client, isGrpcServiceError, ServiceError } from '@temporalio/client';

const ANSWER_MS = 5_000;
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
        // The client wraps what the connection says in an error of its own.
        const cause = error instanceof ServiceError ? error.cause : error;
        if (!isGrpcServiceError(cause) || !PASSING.has(cause.code)) throw error;
        onUnavailable?.(error);
        return undefined;
      }
    },
  };
}
