import { PgDialect } from 'drizzle-orm/pg-core';
import { PostgresJsDatabase, PostgresJsSession, PostgresJsTransaction } from 'drizzle-orm/postgres-js';
import type { Sql } from 'postgres';
import type { Lease, Pool, PoolOptions } from './pool.ts';

type NoSchema = Record<string, never>;
type Work<T> = (tx: PostgresJsTransaction<NoSchema, NoSchema>) => Promise<T>;
type Run = <T>(statement: (sql: Sql) => Promise<T>) => Promise<T>;

/** Times and ranges: the builder reads them itself. */
const READ_BY_BUILDER = ['1184', '1082', '1083', '1114', '1182', '1185', '1115', '1231'];
const JSON_TYPES = ['114', '3802'];
const asItIs = (value: unknown) => value;

/** How a connection reads and writes values under the query builder. */
export const builderTypes: PoolOptions['types'] = {
  parsers: Object.fromEntries(READ_BY_BUILDER.map((type) => [type, asItIs])),
  serializers: Object.fromEntries([...READ_BY_BUILDER, ...JSON_TYPES].map((type) => [type, asItIs])),
};

/** The typed query builder over a pool. Its failures are the server's own, without the values of the statement. */
export function createQueryBuilder(pool: Pool): PostgresJsDatabase {
  const dialect = new PgDialect({ casing: 'snake_case' });
  const single: Run = async (statement) => {
    const lease = await pool.acquire();
    try {
      return await lease.run(statement);
    } finally {
      lease.release();
    }
  };
  const session = new Session(driverOf(single), dialect, (work) =>
    transaction(pool.acquire, (lease) => {
      const inner = new Session(
        driverOf((statement) => lease.run(statement)),
        dialect,
        noNesting,
      );
      return work(new PostgresJsTransaction<NoSchema, NoSchema>(dialect, inner as never, undefined));
    }),
  );
  return new PostgresJsDatabase(dialect, session, undefined);
}

class Session extends PostgresJsSession<Sql, NoSchema, NoSchema> {
  readonly #begin: <T>(work: Work<T>) => Promise<T>;

  constructor(driver: Sql, dialect: PgDialect, begin: <T>(work: Work<T>) => Promise<T>) {
    super(driver, dialect, undefined);
    this.#begin = begin;
  }

  /** The builder's own errors repeat every value of the statement, which would put customers' words into logs. */
  override prepareQuery: PostgresJsSession<Sql, NoSchema, NoSchema>['prepareQuery'] = (...statement) => {
    const prepared = super.prepareQuery(...statement);
    return Object.assign(prepared, {
      queryWithCache: (_text: string, _values: unknown[], query: () => Promise<unknown>) => query(),
    }) as never;
  };

  override transaction<T>(work: Work<T>): Promise<T> {
    return this.#begin(work);
  }
}

/** What the builder uses of a driver. Statements are prepared once per connection, which halves the round trips. */
function driverOf(run: Run): Sql {
  const unsafe = (text: string, values: unknown[] = []) => {
    let asArrays = false;
    // The builder says with its next call how it wants the rows; the statement leaves a moment later.
    const result = Promise.resolve().then(() =>
      run((sql): Promise<unknown> => {
        const query = sql.unsafe(text, values as never[], { prepare: true });
        return asArrays ? query.values() : query;
      }),
    );
    return Object.assign(result, {
      values: () => {
        asArrays = true;
        return result;
      },
    });
  };
  return { unsafe } as unknown as Sql;
}

async function transaction<T>(acquire: Pool['acquire'], work: (lease: Lease) => Promise<T>): Promise<T> {
  const lease = await acquire();
  try {
    await lease.run((sql) => sql.unsafe('begin'));
    const result = await work(lease);
    const { command } = await lease.run((sql) => sql.unsafe('commit'));
    // The server answers so when a statement failed and the failure was passed over.
    if (command !== 'COMMIT')
      throw new Error('The transaction was rolled back: a statement in it had failed.');
    lease.release();
    return result;
  } catch (error) {
    // Nobody knows the state of a session that cannot roll back.
    await lease.run((sql) => sql.unsafe('rollback')).then(lease.release, lease.discard);
    throw error;
  }
}

const noNesting = () => Promise.reject(new Error('A transaction cannot begin inside another one.'));
