const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const TWICE_MS = 1500;
const LOOK_MS = 500;

export interface Leaving {
  /** Aborted when it is time to go; `reason` is an Error when something failed. */
  signal: AbortSignal;
  /** A person or a finished script wants to go. */
  leave(): void;
  fail(reason: Error): void;
}

/**
 * Turns every way of being ended into one: signals, the launcher's death, a failed part. A Ctrl-C reaches this
 * process directly and through npm, so repeats within 1.5 s are one wish; a later one ends at once.
 */
export function watchForLeave(launcher: number | undefined): Leaving {
  const abort = new AbortController();
  let since = 0;
  const onSignal = () => {
    if (!abort.signal.aborted) {
      since = Date.now();
      abort.abort();
    } else if (Date.now() - since > TWICE_MS) {
      // Exit handlers kill the children.
      process.exit(130);
    }
  };
  for (const signal of SIGNALS) process.on(signal, onSignal);
  if (launcher !== undefined) {
    const look = setInterval(() => {
      if (process.ppid !== launcher) onSignal();
    }, LOOK_MS);
    look.unref();
  }
  return {
    signal: abort.signal,
    leave: onSignal,
    fail: (reason) => abort.abort(reason),
  };
}
