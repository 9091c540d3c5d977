import { createHmac } from 'node:crypto';
import { sameSecret } from '../secrets.ts';

/** How long a login lasts. */
export const SESSION_SECONDS = 12 * 3600;

/**
 * Sessions of the login page: nothing but a time, signed, so that every replica knows them and none keeps them.
 * Another key ends them all.
 */
export function createSessions(key: Buffer, now: () => number = Date.now) {
  const sign = (until: string) => createHmac('sha256', key).update(until).digest('base64url');
  return {
    issue(): string {
      const until = String(Math.floor(now() / 1000) + SESSION_SECONDS);
      return `${until}.${sign(until)}`;
    },
    holds(cookie: string | undefined): boolean {
      const [until = '', signature] = cookie?.split('.') ?? [];
      return sameSecret(signature, sign(until)) && Number(until) > now() / 1000;
    },
  };
}

export type Sessions = ReturnType<typeof createSessions>;
