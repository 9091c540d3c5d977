/** What has to be closed at the end, in the reverse order of its opening. */
export function createStops() {
  const stops: (() => Promise<unknown>)[] = [];
  let running: Promise<void> | undefined;
  let begin = () => {};
  const begun = new Promise<void>((resolve) => {
    begin = resolve;
  });

  async function inOrder(): Promise<void> {
    const failures: unknown[] = [];
    for (const stop of stops.toReversed()) {
      try {
        await stop();
      } catch (error) {
        failures.push(error);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, 'Not everything could be closed in order.');
  }

  return {
    add(stop: () => Promise<unknown>): void {
      stops.push(stop);
    },
    /** Resolves when stopping begins. */
    begun,
    /** Stops everything once; what fails to stop does not spare the others. */
    run(): Promise<void> {
      begin();
      running ??= inOrder();
      return running;
    },
  };
}
