/** SQLSTATE classes and codes after which the same statement may work in a moment. */
const TRANSIENT = /^(08...|57P0[123]|53...|25006|57014|55P03|40001|40P01)$/;
const CONFLICT = /^(40001|40P01|55P03)$/;
/** The system's, the driver's and our own codes. */
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
  'BACKLOG_FULL',
]);

/** Whether an error (or what caused it) says that the database cannot be reached or is too busy now. */
export const isDatabaseUnavailable = (error: unknown): boolean =>
  hasCode(error, (code) => NETWORK.has(code) || TRANSIENT.test(code));

/** Whether the role that asks has not been granted this. */
export const isNotAllowed = (error: unknown): boolean => hasCode(error, (code) => code === '42501');

/** Whether a statement was in the way of another one: deadlock, lock timeout. Others in the meantime may pass. */
export const isConflict = (error: unknown): boolean => hasCode(error, (code) => CONFLICT.test(code));

/** Whether the server can never keep these values (class 22): the same statement fails for ever. */
export const isValueRefused = (error: unknown): boolean => hasCode(error, (code) => /^22...$/.test(code));

/** Why the database does not take what is to be stored, in few words for metrics; the sentence is for people. */
export const REFUSALS = {
  disk_full: 'the disk of the database is full',
  read_only: 'the database takes no writes',
  connections: 'the database has no connection left',
  busy: 'all connections of this process are in use',
  backlog: 'what waits for the engine has used up its budget on disk',
  unreachable: 'the database cannot be reached',
  failed: 'the database refused a statement',
} as const;
export type Refusal = keyof typeof REFUSALS;

const BY_CODE: Readonly<Record<string, Refusal>> = {
  '53100': 'disk_full',
  '25006': 'read_only',
  '53300': 'connections',
  POOL_BUSY: 'busy',
  BACKLOG_FULL: 'backlog',
};

export function refusalOf(error: unknown): Refusal {
  for (const [code, refusal] of Object.entries(BY_CODE))
    if (hasCode(error, (c) => c === code)) return refusal;
  return isDatabaseUnavailable(error) ? 'unreachable' : 'failed';
}

function hasCode(error: unknown, matches: (code: string) => boolean): boolean {
  for (let cause = error, depth = 0; cause instanceof Error && depth < 5; cause = cause.cause, depth++) {
    const { code } = cause as { code?: unknown };
    if (typeof code === 'string' && matches(code)) return true;
  }
  return false;
}
