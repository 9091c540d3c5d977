import type * as z from 'zod';
import type { BitrixCall, BitrixClient } from './client.ts';

/** Nobody telephones that much with one client; a portal that always names a next page is not asked for ever. */
const MAX_PAGES = 40;

/**
 * All rows of a list, page by page. Throws as one call does: what was read until then is not the list. Rows
 * may come twice when the list changes meanwhile; order by id, and tell them apart by it.
 */
export async function listAll<Row>(
  client: BitrixClient,
  { params, ...call }: BitrixCall<z.ZodType<Row[]>>,
): Promise<Row[]> {
  const rows: Row[] = [];
  let start: number | undefined = 0;
  for (let page = 0; start !== undefined && page < MAX_PAGES; page++) {
    const from: number = start;
    const { result, next } = await client.page({ ...call, params: { ...params, start: from } });
    rows.push(...result);
    start = next !== undefined && next > from ? next : undefined;
  }
  return rows;
}
