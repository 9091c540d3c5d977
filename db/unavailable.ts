/** SQLSTATE classes and codes after which the same statement may work in a moment. */
const TRANSIENT = /^(08...|57P0[123]|53300|57014|55P03|40001|40P01)$/;
const CONFLICT = /^(40001|40P01|55P03)$/;
/** The system's, the driver's and the pool's own codes. */
const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
  'CONNECT_TIMEOUT',
  'CONNECTION_CLOSED',
  'CONNECTION_ENDED',
  'CONNECTION_DESTROYED',
  'POOL_BUSY',
]);

/** Whether an error (or what caused it) says that the database cannot be reached or is too busy now. */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  hasCode(error, (code) => NETWORK.has(code) || TRANSIENT.test(code));

/** Whether a statement was in the way of another one: deadlock, lock timeout. Others in the meantime may pass. */
export const isConflict = (error: unknown): boolean => hasCode(error, (code) => CONFLICT.test(code));

/** Whether the server can never keep these values (class 22): the same statement fails for ever. */
export const isValueRefused = (error: unknown): boolean => hasCode(error, (code) => /^22...$/.test(code));

function hasCode(error: unknown, matches: (code: string) => boolean): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && matches(code)) return true;
  }
  return false;
}
