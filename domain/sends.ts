/** What becomes of a chunk in the send ledger. `unknown`: nobody can tell whether it arrived. */
export const SEND_STATES = ['pending', 'sending', 'sent', 'refused', 'unknown'] as const;
export type SendState = (typeof SEND_STATES)[number];

/**
 * What a person says of a send in doubt: it arrived; it did not, so send it again; it did not, and is not wanted
 * any more.
 */
export const SEND_RESOLUTIONS = ['delivered', 'resend', 'drop'] as const;
export type SendResolution = (typeof SEND_RESOLUTIONS)[number];
