import { and, desc, eq, gte, lt, type SQL, sql } from 'drizzle-orm';
import type { PgColumn } from 'drizzle-orm/pg-core';

/** Place in a list that is ordered newest first by time and id: the last row already seen. */
export interface Position {
  at: Date;
  id: string;
}

export interface PageRequest {
  limit: number;
  after?: Position | undefined;
}

export interface Page<T> {
  rows: T[];
  /** Where the following page begins, absent on the last one. */
  next?: Position;
}

/** A span of time; each end where it is given. */
export interface Period {
  /** At or after. */
  since?: Date | undefined;
  /** Before. */
  until?: Date | undefined;
}

/** Equality where there is something to be equal to. */
export const same = (column: PgColumn, value: string | undefined): SQL | undefined =>
  value === undefined ? undefined : eq(column, value);

/** A list of a table's rows, newest first by the named columns. Ask for one row more than the limit. */
export function newestFirst<At extends string = 'createdAt', Id extends string = 'id'>(
  table: NoInfer<Record<At | Id, PgColumn>>,
  at = 'createdAt' as At,
  id = 'id' as Id,
) {
  return {
    order: [desc(table[at]), desc(table[id])],
    /** Rows of a period, behind a position. */
    within: ({ since, until }: Period, after: Position | undefined): SQL | undefined =>
      and(
        since && gte(table[at], since),
        until && lt(table[at], until),
        after &&
          sql`(${table[at]}, ${table[id]}) < (${after.at.toISOString()}::timestamptz, ${after.id}::uuid)`,
      ),
    /** Cuts off the row that only showed that there is another page. */
    page<Row extends Record<At, Date> & Record<Id, string>>(found: readonly Row[], limit: number): Page<Row> {
      const rows = found.slice(0, limit);
      const last = rows.at(-1);
      return found.length > limit && last !== undefined
        ? { rows, next: { at: last[at], id: last[id] } }
        : { rows };
    },
  };
}
