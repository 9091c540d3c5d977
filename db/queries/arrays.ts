import { type SQL, sql } from 'drizzle-orm';

/** An array as one parameter, so that a statement's text does not depend on its length. */
export const list = (values: readonly string[], of: 'uuid' | 'text'): SQL =>
  sql`${sql.param([...values])}::${sql.raw(of)}[]`;
