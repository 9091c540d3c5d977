import { isRecord, type Params } from '../http/params.ts';
import { BitrixError } from './errors.ts';
import { compileFilter, type FieldReader, page, sortBy } from './filter.ts';
import type { BitrixMethod } from './method.ts';
import { fieldNames, isField } from './names.ts';
import type { Entity, MultiField, Portal } from './portal.ts';

const READ_ONLY = new Set([
  'id',
  'stageSemanticId',
  'createdTime',
  'updatedTime',
  'createdBy',
  'updatedBy',
  'fm',
]);

function typeId(params: Params): number {
  const id = Number(params.entityTypeId);
  if (![1, 2, 3, 4].includes(id)) throw new BitrixError(400, 'NOT_FOUND', 'Smart process was not found');
  return id;
}

function fieldsOf(params: Params): Record<string, unknown> {
  const { fields } = params;
  // An empty PHP array is an empty object.
  if (Array.isArray(fields) && fields.length === 0) return {};
  if (!isRecord(fields))
    throw new BitrixError(400, 'INVALID_ARG_VALUE', 'Could not find value for parameter {fields}');
  return fields;
}

function writable(entityTypeId: number, fields: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(fields).filter(([name]) => isField(entityTypeId, name) && !READ_ONLY.has(name)),
  );
}

function newMultiFields(raw: unknown): Omit<MultiField, 'id'>[] {
  const list = Array.isArray(raw) ? raw : isRecord(raw) ? Object.values(raw) : [];
  return list
    .filter(isRecord)
    .flatMap(({ typeId, valueType, value }) =>
      typeof typeId === 'string' && value
        ? [{ typeId, valueType: String(valueType ?? 'WORK'), value: String(value) }]
        : [],
    );
}

/** `n0` adds, a record's id changes, an id with an empty value deletes; without typeId nothing happens. */
function changedMultiFields(portal: Portal, entity: Entity, raw: unknown): MultiField[] | undefined {
  if (!isRecord(raw)) return undefined;
  let fields = [...entity.fm];
  for (const [key, item] of Object.entries(raw)) {
    if (!isRecord(item) || typeof item.typeId !== 'string') continue;
    const { typeId, valueType, value } = item;
    if (/^\d+$/.test(key)) {
      const id = Number(key);
      fields = value
        ? fields.map((one) =>
            one.id === id
              ? { ...one, value: String(value), ...(valueType ? { valueType: String(valueType) } : {}) }
              : one,
          )
        : fields.filter((one) => one.id !== id);
    } else if (value)
      fields.push({
        id: portal.nextId(),
        typeId,
        valueType: String(valueType ?? 'WORK'),
        value: String(value),
      });
  }
  return fields;
}

export const readItemField =
  (entityTypeId: number): FieldReader<Entity> =>
  (entity, field) => {
    if (!isField(entityTypeId, field) || field === 'fm') return undefined;
    if (field === 'contactIds')
      return Array.isArray(entity.contactIds) ? entity.contactIds : [entity.contactId ?? null];
    return [entity[field] ?? null];
  };

function shown(entity: Entity, select: unknown): Record<string, unknown> {
  const names = Array.isArray(select) && select.length > 0 ? select.map(String) : ['*'];
  if (names.includes('*')) return { ...entity };
  return Object.fromEntries(
    ['id', ...names.filter((name) => name !== 'fm')].map((name) => [name, entity[name] ?? null]),
  );
}

function existing(params: Params, portal: Portal): Entity {
  const entity = portal.find(typeId(params), Number(params.id));
  if (!entity) throw new BitrixError(400, 'NOT_FOUND', 'Элемент не найден');
  return entity;
}

const add: BitrixMethod = (params, portal) => {
  const type = typeId(params);
  const fields = fieldsOf(params);
  const entity = portal.draft(type, writable(type, fields), newMultiFields(fields.fm));
  return { result: { item: { ...entity } }, commit: () => portal.insert(type, entity) };
};

const update: BitrixMethod = (params, portal) => {
  const type = typeId(params);
  const entity = existing(params, portal);
  const fields = fieldsOf(params);
  const changes = writable(type, fields);
  const fm = changedMultiFields(portal, entity, fields.fm);
  return {
    result: { item: { ...entity, ...changes, ...(fm && { fm }) } },
    commit: () => portal.update(type, entity, changes, fm),
  };
};

const list: BitrixMethod = (params, portal) => {
  const type = typeId(params);
  const read = readItemField(type);
  const accept = compileFilter(params.filter, read, true);
  // A wrong filter is refused even when there is nothing to filter.
  accept({ id: 0, fm: [] });
  const found = portal.table(type).filter(accept);
  const { rows, ...counts } = page(sortBy(found, params.order, read), params.start);
  return { result: { items: rows.map((entity) => shown(entity, params.select)) }, ...counts };
};

const fields: BitrixMethod = (params) => {
  const type = typeId(params);
  const described = [...fieldNames(type)].map((name) => [
    name,
    {
      type: /Id$|^id$/.test(name) ? 'integer' : 'string',
      isRequired: false,
      isReadOnly: READ_ONLY.has(name) && name !== 'fm',
      isMultiple: name === 'fm',
      title: name,
    },
  ]);
  return { result: { fields: Object.fromEntries(described) } };
};

export const ITEM_METHODS: Record<string, BitrixMethod> = {
  'crm.item.add': add,
  'crm.item.update': update,
  'crm.item.get': (params, portal) => ({ result: { item: { ...existing(params, portal) } } }),
  'crm.item.list': list,
  'crm.item.fields': fields,
};
