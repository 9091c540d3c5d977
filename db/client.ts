import { drizzle } from 'drizzle-orm/postgres-js';
import postgres from 'postgres';

export interface DatabaseOptions {
  url: string;
  /** Shown in `pg_stat_activity`: the role of this pool. */
  name: string;
  /** Upper bound of connections of this pool. */
  max: number;
  /** How long a statement may run, in milliseconds. */
  statementTimeoutMs?: number;
}

/**
 * A bounded connection pool and its typed query builder. One pool per role, so that a burst of
 * webhooks cannot starve the workers of connections.
 */
export function connectDatabase(options: DatabaseOptions) {
  const client = postgres(options.url, {
    max: options.max,
    idle_timeout: 60,
    connect_timeout: 5,
    // A restarted server must be found again within a second or two, not after the default back-off of up to a minute.
    backoff: (attempt: number) => Math.min(1, 0.05 * 2 ** attempt),
    connection: {
      application_name: `dirigent-${options.name}`,
      statement_timeout: options.statementTimeoutMs ?? 10_000,
      lock_timeout: 5_000,
      idle_in_transaction_session_timeout: 30_000,
    },
    onnotice: () => {},
  });
  const db = drizzle(client, { casing: 'snake_case' });
  return { db, client, close: () => client.end({ timeout: 5 }) };
}

export type Database = ReturnType<typeof connectDatabase>['db'];
export type SqlClient = ReturnType<typeof connectDatabase>['client'];
/** A database or a transaction in it: queries take either. */
export type Executor = Pick<
  Database,
  'select' | 'selectDistinct' | 'insert' | 'update' | 'delete' | 'execute'
>;
