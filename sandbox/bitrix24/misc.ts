import { isRecord } from '../http/params.ts';
import { BitrixError } from './errors.ts';
import { compileFilter, type FieldReader, page, sortBy } from './filter.ts';
import type { BitrixMethod } from './method.ts';
import { normalPhone } from './names.ts';
import { ENTITY_TYPES, type EntityKind, type TimelineComment } from './portal.ts';

const STAGES: [id: string, name: string, semantics: string][] = [
  ['NEW', 'Не обработан', 'P'],
  ['IN_PROCESS', 'В работе', 'P'],
  ['PROCESSED', 'Обработан', 'P'],
  ['CONVERTED', 'Качественный лид', 'S'],
  ['JUNK', 'Некачественный лид', 'F'],
];
const SOURCES = [
  'CALL',
  'EMAIL',
  'WEB',
  'ADVERTISING',
  'PARTNER',
  'RECOMMENDATION',
  'TRADE_SHOW',
  'WEBFORM',
  'CALLBACK',
  'RC_GENERATOR',
  'STORE',
  'OTHER',
];

const findByComm: BitrixMethod = ({ type, values, entity_type }, portal) => {
  if (type !== 'PHONE' && type !== 'EMAIL')
    throw new BitrixError(400, '', "Parameter 'type' is not specified or empty.");
  const wanted = Array.isArray(values) ? values.map(String) : [];
  if (wanted.length === 0) throw new BitrixError(400, '', "Parameter 'values' is not specified or empty.");
  if (wanted.length > 20) throw new BitrixError(400, '', 'Too many values.');
  const normal = (value: string) => (type === 'PHONE' ? normalPhone(value) : value.trim().toLowerCase());
  const keys = new Set(wanted.map(normal));
  const hits = (['lead', 'contact', 'company'] as const)
    .filter((kind) => entity_type === undefined || entity_type === kind.toUpperCase())
    .map(
      (kind) =>
        [
          kind.toUpperCase(),
          portal
            .table(ENTITY_TYPES[kind])
            .filter(({ fm }) => fm.some((field) => field.typeId === type && keys.has(normal(field.value))))
            .map(({ id }) => id),
        ] as const,
    )
    .filter(([, ids]) => ids.length > 0);
  // PHP writes an empty map as an empty list.
  return { result: hits.length > 0 ? Object.fromEntries(hits) : [] };
};

const addComment: BitrixMethod = ({ fields }, portal) => {
  const { ENTITY_ID, ENTITY_TYPE, COMMENT } = isRecord(fields) ? fields : {};
  if (!COMMENT) throw new BitrixError(400, '', 'Empty comment message');
  const kind = String(ENTITY_TYPE ?? '').toLowerCase();
  const type = ENTITY_TYPES[kind as EntityKind];
  const entityId = Number(ENTITY_ID);
  if (!type || !portal.find(type, entityId)) throw new BitrixError(400, '', 'Entity not found');
  const id = portal.nextId();
  return {
    result: id,
    commit: () => {
      portal.data.comments.push({
        id,
        entityType: kind,
        entityId,
        comment: String(COMMENT),
        createdAt: new Date().toISOString(),
      });
      portal.changed();
    },
  };
};

type Row = Record<string, unknown>;
const readRow: FieldReader<Row> = (row, field) => [row[field] ?? null];

function listOf(rows: Row[], filter: unknown, order: unknown, start: unknown) {
  const found = rows.filter(compileFilter(filter, readRow, false));
  const { rows: result, ...counts } = page(sortBy(found, order, readRow), start);
  return { result, ...counts };
}

const commentRow = ({ id, entityType, entityId, comment, createdAt }: TimelineComment): Row => ({
  ID: String(id),
  ENTITY_ID: String(entityId),
  ENTITY_TYPE: entityType,
  CREATED: createdAt,
  COMMENT: comment,
  AUTHOR_ID: '1',
});

const statuses: BitrixMethod = ({ filter, order }) => {
  const stages = STAGES.map(([STATUS_ID, NAME, SEMANTICS], index) => ({
    ID: String(index + 1),
    ENTITY_ID: 'STATUS',
    STATUS_ID,
    NAME,
    SORT: String((index + 1) * 10),
    EXTRA: { SEMANTICS },
  }));
  const sources = SOURCES.map((STATUS_ID, index) => ({
    ID: String(100 + index),
    ENTITY_ID: 'SOURCE',
    STATUS_ID,
    NAME: STATUS_ID,
    SORT: String((index + 1) * 10),
  }));
  const { result, total } = listOf([...stages, ...sources], filter, order ?? { ID: 'ASC' }, 0);
  return { result, ...(total !== undefined && { total }) };
};

export const MISC_METHODS: Record<string, BitrixMethod> = {
  'crm.duplicate.findbycomm': findByComm,
  'crm.timeline.comment.add': addComment,
  'crm.timeline.comment.list': ({ filter, order, start }, portal) =>
    listOf(portal.data.comments.map(commentRow), filter, order ?? { ID: 'ASC' }, start),
  'crm.status.list': statuses,
};
