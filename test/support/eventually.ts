/** How long tests wait before they call something lost. Long: a busy machine is slow, and nothing is lost for it. */
export const PATIENCE_MS = 45_000;

/** Looks again until the value is there (not undefined, not false); fails with the last look. */
export async function eventually<T>(
  what: string,
  look: () => Promise<T | undefined | false>,
  patienceMs = PATIENCE_MS,
): Promise<T> {
  const deadline = Date.now() + patienceMs;
  let last: unknown;
  for (;;) {
    try {
      const found = await look();
      if (found !== undefined && found !== false) return found;
      last = found;
    } catch (error) {
      last = error;
    }
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}; last: ${String(last)}`);
    await new Promise((resolve) => setTimeout(resolve, 30));
  }
}
