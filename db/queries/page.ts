import { type SQL, sql } from 'drizzle-orm';
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

/** Rows behind a position. Order by the same two columns, descending, and ask for one row more than the limit. */
export const behind = (at: PgColumn, id: PgColumn, after: Position | undefined): SQL | undefined =>
  after === undefined
    ? undefined
    : sql`(${at}, ${id}) < (${after.at.toISOString()}::timestamptz, ${after.id}::uuid)`;

/** Cuts off the row that only showed that there is another page. */
export function pageOf<T>(found: readonly T[], limit: number, position: (row: T) => Position): Page<T> {
  const rows = found.slice(0, limit);
  const last = rows.at(-1);
  return found.length > limit && last !== undefined ? { rows, next: position(last) } : { rows };
}
