/** Whether this version of the server is `least` (the oldest that will do) or newer. */
export function isNewEnough(version: string, least?: string): boolean;
