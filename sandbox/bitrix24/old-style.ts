import { isRecord, type Params } from '../http/params.ts';
import { BitrixError } from './errors.ts';
import { compileFilter, type FieldReader, page, sortBy } from './filter.ts';
import { readItemField } from './items.ts';
import type { BitrixMethod } from './method.ts';
import { fieldNames, isField, MULTI, toNewName, toOldName } from './names.ts';
import { ENTITY_TYPES, type Entity, type MultiField } from './portal.ts';

const isMulti = (name: string) => (MULTI as readonly string[]).includes(name);

function fieldsOf(params: Params): Record<string, unknown> {
  const { fields } = params;
  if (Array.isArray(fields) && fields.length === 0) return {};
  if (!isRecord(fields)) throw new BitrixError(400, '', "Parameter 'fields' must be array.");
  return fields;
}

function multiFields(fields: Record<string, unknown>): Omit<MultiField, 'id'>[] {
  return MULTI.flatMap((typeId) => {
    const raw = fields[typeId];
    if (raw === undefined) return [];
    if (!Array.isArray(raw) && !isRecord(raw))
      throw new BitrixError(400, '100', `Expected array for field ${typeId}`);
    return Object.values(raw)
      .filter(isRecord)
      .flatMap(({ VALUE, VALUE_TYPE }) => {
        if (!VALUE) return [];
        if (typeId === 'EMAIL' && !String(VALUE).includes('@'))
          throw new BitrixError(400, 'ERROR_CORE', 'E-mail указан неверно');
        return [{ typeId, valueType: String(VALUE_TYPE ?? 'WORK'), value: String(VALUE) }];
      });
  });
}

function plainFields(type: number, fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields)
      .filter(([name]) => !isMulti(name) && name !== 'ID' && name !== 'STATUS_SEMANTIC_ID')
      .map(([name, value]) => [toNewName(name), value] as const)
      .filter(([name]) => isField(type, name)),
  );
}

/** Old methods give every scalar as a string. */
function oldShape(
  type: number,
  entity: Entity,
  withMulti: (name: string) => boolean,
): Record<string, unknown> {
  const names = new Set([...fieldNames(type), ...Object.keys(entity)]);
  const plain = [...names]
    .filter((name) => !['fm', 'hasPhone', 'hasEmail', 'contactIds'].includes(name))
    .map((name) => {
      const value = entity[name];
      return [toOldName(name), value === undefined || value === null ? null : String(value)] as const;
    });
  const has = (typeId: string) => entity.fm.some((field) => field.typeId === typeId);
  const multi = MULTI.filter((typeId) => has(typeId) && withMulti(typeId)).map(
    (typeId) =>
      [
        typeId,
        entity.fm
          .filter((field) => field.typeId === typeId)
          .map(({ id, valueType, value }) => ({
            ID: String(id),
            VALUE_TYPE: valueType,
            VALUE: value,
            TYPE_ID: typeId,
          })),
      ] as const,
  );
  return {
    ...Object.fromEntries(plain),
    HAS_PHONE: has('PHONE') ? 'Y' : 'N',
    HAS_EMAIL: has('EMAIL') ? 'Y' : 'N',
    ...Object.fromEntries(multi),
  };
}

function readOld(type: number): FieldReader<Entity> {
  const read = readItemField(type);
  return (entity, field) =>
    isMulti(field)
      ? entity.fm.filter((one) => one.typeId === field).map(({ value }) => value)
      : read(entity, toNewName(field));
}

function methodsFor(kind: 'lead' | 'contact' | 'company' | 'deal'): Record<string, BitrixMethod> {
  const type = ENTITY_TYPES[kind];
  const existing = (params: Params, portal: Parameters<BitrixMethod>[1]) => {
    const entity = portal.find(type, Number(params.id ?? params.ID));
    if (!entity) throw new BitrixError(400, '', 'Not found');
    return entity;
  };
  return {
    [`crm.${kind}.add`]: (params, portal) => {
      const fields = fieldsOf(params);
      const entity = portal.draft(type, plainFields(type, fields), multiFields(fields));
      return { result: entity.id, commit: () => portal.insert(type, entity) };
    },
    [`crm.${kind}.update`]: (params, portal) => {
      const entity = existing(params, portal);
      const fields = fieldsOf(params);
      const added = multiFields(fields).map((field) => ({ ...field, id: portal.nextId() }));
      const fm = added.length > 0 ? [...entity.fm, ...added] : undefined;
      return { result: true, commit: () => portal.update(type, entity, plainFields(type, fields), fm) };
    },
    [`crm.${kind}.get`]: (params, portal) => ({
      result: oldShape(type, existing(params, portal), () => true),
    }),
    [`crm.${kind}.list`]: (params, portal) => {
      const read = readOld(type);
      const select = Array.isArray(params.select) ? params.select.map(String) : [];
      const found = portal.table(type).filter(compileFilter(params.filter, read, false));
      const { rows, ...counts } = page(sortBy(found, params.order, read), params.start);
      const all = select.length === 0 || select.includes('*');
      return {
        result: rows.map((entity) => {
          const shape = oldShape(type, entity, (name) => select.includes(name));
          const wanted = (name: string) =>
            name === 'ID' ||
            select.includes(name) ||
            (all && (!name.startsWith('UF_') || select.includes('UF_*')));
          return Object.fromEntries(Object.entries(shape).filter(([name]) => wanted(name)));
        }),
        ...counts,
      };
    },
  };
}

export const OLD_METHODS: Record<string, BitrixMethod> = {
  ...methodsFor('lead'),
  ...methodsFor('contact'),
  ...methodsFor('deal'),
  ...methodsFor('company'),
};
