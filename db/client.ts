import { sql } from 'drizzle-orm';
import { listen } from './listen.ts';
import { createPool, type PoolOptions } from './pool.ts';
import { builderTypes, createQueryBuilder } from './session.ts';

export interface DatabaseOptions {
  url: string;
  /** Shown in `pg_stat_activity`: the role of this pool. */
  name: string;
  /** Upper bound of connections of this pool. */
  max: number;
  /** How long to wait for a free connection, in milliseconds; then `PoolBusyError`. */
  waitMs?: number;
  /** How long a statement may run, in milliseconds. */
  statementTimeoutMs?: number;
  /** How long a statement may wait for a lock, in milliseconds. */
  lockTimeoutMs?: number;
}

/**
 * A bounded connection pool and its typed query builder. One pool per role, so that a burst of
 * webhooks cannot starve the workers of connections. Repeats no statement by itself: whether that
 * is safe, only the caller knows.
 */
export function connectDatabase(options: DatabaseOptions) {
  const parts: PoolOptions = {
    url: options.url,
    max: options.max,
    waitMs: options.waitMs ?? 5_000,
    session: {
      application_name: `dirigent-${options.name}`,
      statement_timeout: options.statementTimeoutMs ?? 10_000,
      lock_timeout: options.lockTimeoutMs ?? 5_000,
      idle_in_transaction_session_timeout: 30_000,
    },
    types: builderTypes,
  };
  const pool = createPool(parts);
  const db = createQueryBuilder(pool);
  const client = {
    /** A session of one's own, for locks that belong to it. */
    acquire: pool.acquire,
    async notify(channel: string, payload: string): Promise<void> {
      await db.execute(sql`select pg_notify(${channel}, ${payload})`);
    },
    /** Hears a channel over a connection beside the pool; see `listen`. */
    listen: (channel: string, onNotify: (payload: string) => void, onListen?: () => void) =>
      listen(parts, { channel, onNotify, onListen }),
  };
  return { db, client, close: pool.close };
}

export type Database = ReturnType<typeof connectDatabase>['db'];
export type SqlClient = ReturnType<typeof connectDatabase>['client'];
/** A database or a transaction in it: queries take either. */
export type Executor = Pick<
  Database,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute'
>;
