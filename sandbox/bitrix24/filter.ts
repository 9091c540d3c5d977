import { isRecord } from '../http/params.ts';
import { BitrixError } from './errors.ts';

/** Reads the values of a field; multi-fields have several. */
export type FieldReader<T> = (entity: T, field: string) => unknown[] | undefined;

const PREFIX = /^(!@|!=|!%|=%|>=|<=|><|[=!><@%])?(.*)$/s;

function same(a: unknown, b: unknown): boolean {
  const empty = (value: unknown) => value === null || value === undefined || value === '';
  return empty(a) || empty(b) ? empty(a) && empty(b) : String(a) === String(b);
}

function below(a: unknown, b: unknown): boolean {
  const [left, right] = [Number(a), Number(b)];
  if (!Number.isNaN(left) && !Number.isNaN(right)) return left < right;
  const [from, to] = [Date.parse(String(a)), Date.parse(String(b))];
  return !Number.isNaN(from) && !Number.isNaN(to) ? from < to : String(a) < String(b);
}

const contains = (value: unknown, part: unknown) =>
  String(value ?? '')
    .toLowerCase()
    .includes(String(part).toLowerCase());

function mask(value: unknown, pattern: unknown): boolean {
  const source = String(pattern)
    .split('%')
    .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    .join('.*');
  return new RegExp(`^${source}$`, 'i').test(String(value ?? ''));
}

function test(operator: string, values: unknown[], wanted: unknown): boolean {
  const any = (check: (value: unknown) => boolean) =>
    values.length === 0 ? check(null) : values.some(check);
  const list = Array.isArray(wanted) ? wanted : [wanted];
  switch (operator) {
    case '!':
    case '!=':
    case '!@':
      return !any((value) => list.some((one) => same(value, one)));
    case '>':
      return any((value) => below(wanted, value));
    case '>=':
      return any((value) => !below(value, wanted));
    case '<':
      return any((value) => below(value, wanted));
    case '<=':
      return any((value) => !below(wanted, value));
    case '><':
      return any((value) => !below(value, list[0]) && !below(list[1], value));
    case '%':
      return any((value) => contains(value, wanted));
    case '!%':
      return !any((value) => contains(value, wanted));
    case '=%':
      return any((value) => mask(value, wanted));
    default:
      return any((value) => list.some((one) => same(value, one)));
  }
}

/** A predicate from a REST filter. Unknown fields are refused when `strict`, ignored otherwise, as old methods do. */
export function compileFilter<T>(
  filter: unknown,
  read: FieldReader<T>,
  strict: boolean,
): (entity: T) => boolean {
  if (!isRecord(filter)) return () => true;
  return (entity) => {
    const results = Object.entries(filter)
      .filter(([key]) => key !== 'logic' && key !== 'LOGIC')
      .map(([key, wanted]) => {
        if (/^\d+$/.test(key)) return compileFilter(wanted, read, strict)(entity);
        const [, operator = '', field = ''] = PREFIX.exec(key) ?? [];
        const values = read(entity, field);
        if (values === undefined) {
          if (strict)
            throw new BitrixError(
              400,
              'INVALID_ARG_VALUE',
              `Invalid filter: field '${field}' is not allowed in filter`,
            );
          return true;
        }
        return test(operator, values, wanted);
      });
    const logic = String(filter.logic ?? filter.LOGIC ?? 'AND').toUpperCase();
    return logic === 'OR' ? results.some(Boolean) : results.every(Boolean);
  };
}

/** Sorts by `{ field: 'ASC' | 'DESC' }`; by id when nothing is said. */
export function sortBy<T>(entities: T[], order: unknown, read: FieldReader<T>): T[] {
  const keys =
    isRecord(order) && Object.keys(order).length > 0 ? Object.entries(order) : [['id', 'ASC'] as const];
  return [...entities].sort((a, b) => {
    for (const [field, direction] of keys) {
      const [left, right] = [read(a, field)?.[0], read(b, field)?.[0]];
      if (same(left, right)) continue;
      const sign = String(direction).toUpperCase() === 'DESC' ? -1 : 1;
      return below(left, right) ? -sign : sign;
    }
    return 0;
  });
}

const PAGE = 50;

/** One page of 50 with `total` and `next`; `start: -1` counts nothing. */
export function page<T>(rows: T[], start: unknown): { rows: T[]; total?: number; next?: number } {
  const from = Number(start ?? 0);
  if (from === -1) return { rows: rows.slice(0, PAGE) };
  const at = Number.isInteger(from) && from > 0 ? from : 0;
  return {
    rows: rows.slice(at, at + PAGE),
    total: rows.length,
    ...(at + PAGE < rows.length && { next: at + PAGE }),
  };
}
