import { redactSecrets } from '../../domain/redact.ts';

/** One line of the page: what was looked at, how it is, and what to do where it is not well. */
export interface Finding {
  name: string;
  /** `fail`: customers are not served, or soon not. `warn`: somebody should look. */
  state: 'ok' | 'warn' | 'fail';
  what: string;
  todo?: string;
}

export type Check = (signal: AbortSignal) => Promise<Finding[]>;

export const ok = (name: string, what: string): Finding => ({ name, state: 'ok', what });
export const warn = (name: string, what: string, todo: string): Finding => ({
  name,
  state: 'warn',
  what,
  todo,
});
export const fail = (name: string, what: string, todo: string): Finding => ({
  name,
  state: 'fail',
  what,
  todo,
});

const CHECK_MS = 15_000;
const MAX_REASON = 200;

/** Why something failed, in a line without secrets. */
export function reasonOf(error: unknown): string {
  const text = error instanceof Error ? error.message || error.name : String(error);
  const cause = error instanceof Error && error.cause instanceof Error ? ` (${error.cause.message})` : '';
  return redactSecrets(`${text}${cause}`.split('\n')[0] ?? '').slice(0, MAX_REASON);
}

/** Runs one check; one that breaks or takes too long is a failed line, and keeps no other from being run. */
export async function finding(name: string, check: Check, todo: string): Promise<Finding[]> {
  const late = AbortSignal.timeout(CHECK_MS);
  const expired = new Promise<never>((_, reject) => {
    late.addEventListener('abort', () => reject(new Error('no answer within 15 seconds')), { once: true });
  });
  try {
    return await Promise.race([check(late), expired]);
  } catch (error) {
    return [fail(name, reasonOf(error), todo)];
  }
}

const SIGNS = { ok: '✔', warn: '!', fail: '✖' } as const;

/** The page as text. */
export function toText(findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ name }) => name.length));
  const lines = findings.flatMap(({ name, state, what, todo }) => [
    `${SIGNS[state]} ${name.padEnd(width)}  ${what}`,
    ...(todo === undefined ? [] : [`  ${''.padEnd(width)}  → ${todo}`]),
  ]);
  const count = (state: Finding['state']) => findings.filter((one) => one.state === state).length;
  const verdict = count('fail') > 0 ? 'Not healthy' : 'Healthy';
  return [...lines, '', `${verdict}: ${count('ok')} ok, ${count('warn')} warn, ${count('fail')} fail`].join(
    '\n',
  );
}

/** 0 when nothing failed, else 1. */
export const exitCodeOf = (findings: readonly Finding[]): number =>
  findings.some(({ state }) => state === 'fail') ? 1 : 0;
