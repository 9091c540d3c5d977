/** Multi-fields, which live in `fm` under the new names. */
export const MULTI = ['PHONE', 'EMAIL', 'WEB', 'IM'] as const;

const OLD_TO_NEW: Record<string, string> = {
  STATUS_ID: 'stageId',
  STATUS_SEMANTIC_ID: 'stageSemanticId',
  DATE_CREATE: 'createdTime',
  DATE_MODIFY: 'updatedTime',
};
const NEW_TO_OLD = Object.fromEntries(Object.entries(OLD_TO_NEW).map(([old, name]) => [name, old]));

const COMMON = [
  'id',
  'title',
  'sourceId',
  'sourceDescription',
  'assignedById',
  'comments',
  'opportunity',
  'currencyId',
  'originatorId',
  'originId',
  'utmSource',
  'utmMedium',
  'utmCampaign',
  'utmContent',
  'utmTerm',
  'createdTime',
  'updatedTime',
  'createdBy',
  'updatedBy',
  'opened',
];
const PERSON = [
  'name',
  'lastName',
  'secondName',
  'honorific',
  'birthdate',
  'post',
  'companyTitle',
  'fm',
  'hasPhone',
  'hasEmail',
];
const STAGED = ['stageId', 'stageSemanticId', 'contactId', 'contactIds', 'companyId'];

const FIELDS: Record<number, ReadonlySet<string>> = {
  1: new Set([...COMMON, ...PERSON, ...STAGED]),
  2: new Set([...COMMON, ...STAGED, 'categoryId', 'typeId', 'leadId', 'closed']),
  3: new Set([...COMMON.filter((name) => name !== 'title'), ...PERSON, 'companyId', 'leadId', 'typeId']),
  4: new Set([...COMMON, 'fm', 'hasPhone', 'hasEmail', 'industry', 'leadId']),
};

/** Fields of a type under their new names. Custom fields are known by their form. */
export function fieldNames(entityTypeId: number): ReadonlySet<string> {
  return FIELDS[entityTypeId] ?? new Set();
}

export function isField(entityTypeId: number, name: string): boolean {
  return fieldNames(entityTypeId).has(name) || /^ufCrm/.test(name);
}

/** `UTM_SOURCE` → `utmSource`, `UF_CRM_5` → `ufCrm_5`, `STATUS_ID` → `stageId`. */
export function toNewName(old: string): string {
  const mapped = OLD_TO_NEW[old];
  if (mapped) return mapped;
  if (old.startsWith('UF_CRM_')) return `ufCrm_${old.slice('UF_CRM_'.length)}`;
  return old.toLowerCase().replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}

export function toOldName(name: string): string {
  const mapped = NEW_TO_OLD[name];
  if (mapped) return mapped;
  if (name.startsWith('ufCrm_')) return `UF_CRM_${name.slice('ufCrm_'.length)}`;
  return name.replace(/[A-Z]/g, (letter) => `_${letter}`).toUpperCase();
}

/** Digits that make two spellings of a phone one: 8 701 … and +7 701 … are the same. */
export function normalPhone(phone: string): string {
  const digits = phone.replace(/\D/g, '');
  if (digits.length === 11 && digits.startsWith('8')) return `7${digits.slice(1)}`;
  return digits.length === 10 ? `7${digits}` : digits;
}
