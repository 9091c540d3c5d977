/** The window over which messages of a customer are counted, in milliseconds. */
export const CUSTOMER_WINDOW_MS = 60_000;

/** How often a customer who goes on writing above the limit is told so. Milliseconds. */
export const LIMIT_TOLD_EVERY_MS = 10 * 60_000;

/**
 * Which messages are above the limit: those before which `limit` others were served within the window. What is not
 * served does not count, so whoever goes on writing is still served `limit` messages in each window. Follows
 * from the times alone, so every replica decides the same. Epoch milliseconds, in order.
 */
export function aboveLimit(
  servedBefore: readonly number[],
  incoming: readonly number[],
  limit: number,
  windowMs = CUSTOMER_WINDOW_MS,
): boolean[] {
  const served = [...servedBefore];
  return incoming.map((at) => {
    const oldest = served.at(-limit);
    if (oldest !== undefined && at - oldest < windowMs) return true;
    served.push(at);
    return false;
  });
}
