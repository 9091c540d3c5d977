/** A signal that also fires by itself after a time, with an error made for that case. */
export interface Deadline {
  signal: AbortSignal;
  /** Ends the watch; must be called. */
  dispose(): void;
}

export function createDeadline(parent: AbortSignal, ms: number, expired: () => Error): Deadline {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(expired()), ms);
  const onAbort = (): void => controller.abort(parent.reason);
  if (parent.aborted) onAbort();
  else parent.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    dispose() {
      clearTimeout(timer);
      parent.removeEventListener('abort', onAbort);
    },
  };
}

/**
 * Runs work under a time limit. Rejects with `expired()` when the time is over and with the
 * parent's reason when the parent is aborted, even if the work does not listen. The work's signal
 * is aborted in any case at the end, which lets go of connections it left open.
 */
export async function withDeadline<T>(
  parent: AbortSignal,
  ms: number,
  expired: () => Error,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  parent.throwIfAborted();
  const release = new AbortController();
  const deadline = createDeadline(parent, ms, expired);
  const { signal } = deadline;
  const abandon = (): void => release.abort(signal.reason);
  signal.addEventListener('abort', abandon, { once: true });
  let onAbort: (() => void) | undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
    signal.addEventListener('abort', onAbort, { once: true });
  });
  try {
    return await Promise.race([work(release.signal), aborted]);
  } catch (error) {
    throw signal.aborted ? signal.reason : error;
  } finally {
    if (onAbort !== undefined) signal.removeEventListener('abort', onAbort);
    signal.removeEventListener('abort', abandon);
    deadline.dispose();
    release.abort();
  }
}
