import type { Caller, TakeRate } from '../api/middleware/rate.ts';
import type { Limits } from '../config/limits.ts';
import type { Database } from '../db/client.ts';
import { dropRested, takeShare } from '../db/queries/limits.ts';

export interface RateOptions {
  db: Database;
  /** The name of each limit is what it is counted under. */
  name: 'api' | 'uploads';
  limits: Limits['api'];
  tenantId(slug: string | undefined): string | undefined;
  /** Which limit refused somebody. */
  onLimited(limit: string): void;
}

/** Limits of the API by key and by tenant, counted in PostgreSQL, so that all replicas share them. */
export function createRate({ db, name, limits, tenantId, onLimited }: RateOptions): TakeRate {
  async function take(by: 'key' | 'tenant', subject: string | undefined, perMinute: number) {
    if (perMinute === 0 || subject === undefined) return undefined;
    const waitMs = await takeShare(db, { bucket: `${name}_${by}`, subject, perMinute });
    if (waitMs !== undefined) onLimited(`${name}_${by}`);
    return waitMs;
  }
  return async ({ key, tenant }: Caller) =>
    (await take('key', key, limits.perKey)) ?? (await take('tenant', tenantId(tenant), limits.perTenant));
}

const DROP_MS = 10 * 60_000;

/** Forgets from time to time who has rested. */
export function keepRatesSmall(db: Database, onError: (error: unknown) => void): { stop(): Promise<void> } {
  const timer = setInterval(() => void dropRested(db).catch(onError), DROP_MS);
  timer.unref();
  return { stop: async () => clearInterval(timer) };
}
