import { isRecord } from '../http/params.ts';
import { BitrixError } from './errors.ts';
import { compileFilter, type FieldReader, page, sortBy } from './filter.ts';
import type { BitrixMethod } from './method.ts';

type Row = Record<string, unknown>;
const readRow: FieldReader<Row> = (row, field) => [row[field] ?? null];

/** Old lists write every number as a text. */
const oldRow = (row: Row): Row =>
  Object.fromEntries(
    Object.entries(row).map(([name, value]) => [name, typeof value === 'number' ? String(value) : value]),
  );

const ownerOf = (binding: unknown): string =>
  isRecord(binding) ? `${binding.OWNER_TYPE_ID}/${binding.OWNER_ID}` : '';

/** A row for each binding that meets it: asked for two, an activity of both comes twice. */
function boundTo(rows: Row[], bindings: unknown): Row[] {
  const wanted = Array.isArray(bindings) ? bindings.map(ownerOf) : [];
  return wanted.flatMap((owner) =>
    rows.filter((row) => {
      const further = Array.isArray(row.BINDINGS) ? row.BINDINGS : [];
      return [row, ...further].some((binding) => ownerOf(binding) === owner);
    }),
  );
}

const activities: BitrixMethod = ({ filter, order, start }, portal) => {
  const { BINDINGS, ...plain } = isRecord(filter) ? filter : {};
  const bound = BINDINGS === undefined ? portal.data.activities : boundTo(portal.data.activities, BINDINGS);
  const found = bound.filter(compileFilter(plain, readRow, false));
  const { rows, ...counts } = page(sortBy(found, order ?? { ID: 'ASC' }, readRow), start);
  return { result: rows.map(oldRow), ...counts };
};

const statistics: BitrixMethod = ({ FILTER, SORT, ORDER, start }, portal) => {
  if (SORT === 'CALL_TYPE') throw new BitrixError(400, 'INVALID_ARG_VALUE', 'Wrong sort field.');
  const found = portal.data.calls.filter(compileFilter(FILTER, readRow, false));
  const sorted = sortBy(found, { [String(SORT ?? 'ID')]: ORDER ?? 'ASC' }, readRow);
  const { rows, ...counts } = page(sorted, start);
  return { result: rows.map(oldRow), ...counts };
};

/** Telephone calls: what stands in timelines, and what the telephony counted. */
export const CALL_METHODS: Record<string, BitrixMethod> = {
  'crm.activity.list': activities,
  'voximplant.statistic.get': statistics,
};
