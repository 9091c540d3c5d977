import { Bell } from '../http/bell.ts';
import type { JsonFile } from '../storage/file.ts';
import { BitrixError } from './errors.ts';

export interface MultiField {
  id: number;
  typeId: string;
  valueType: string;
  value: string;
}

/** A CRM object under its new (camelCase) names. */
export interface Entity {
  id: number;
  fm: MultiField[];
  [field: string]: unknown;
}

export interface TimelineComment {
  id: number;
  entityType: string;
  entityId: number;
  comment: string;
  createdAt: string;
}

export const ENTITY_TYPES = { lead: 1, deal: 2, contact: 3, company: 4 } as const;
export type EntityKind = keyof typeof ENTITY_TYPES;

interface PortalData {
  nextId: number;
  entities: Record<number, Entity[]>;
  comments: TimelineComment[];
  activities: Record<string, unknown>[];
  calls: Record<string, unknown>[];
}

const empty = (): PortalData => ({
  nextId: 1,
  entities: { 1: [], 2: [], 3: [], 4: [] },
  comments: [],
  activities: [],
  calls: [],
});

const LEAD_SEMANTICS: Record<string, string> = { CONVERTED: 'S', JUNK: 'F' };
const DEAL_SEMANTICS: Record<string, string> = { WON: 'S', LOSE: 'F', APOLOGY: 'F' };

/** P in progress, S won, F lost. */
function semanticOf(entityTypeId: number, stageId: unknown): string {
  const table = entityTypeId === ENTITY_TYPES.lead ? LEAD_SEMANTICS : DEAL_SEMANTICS;
  return table[String(stageId)] ?? 'P';
}

const isStaged = (entityTypeId: number) =>
  entityTypeId === ENTITY_TYPES.lead || entityTypeId === ENTITY_TYPES.deal;

/** The portal's objects. It does not mind two objects with one origin. */
export class Portal {
  data: PortalData;
  readonly happened = new Bell();
  readonly #file: JsonFile<PortalData>;

  constructor(file: JsonFile<PortalData>) {
    this.#file = file;
    this.data = file.load() ?? empty();
  }

  table(entityTypeId: number): Entity[] {
    const table = this.data.entities[entityTypeId];
    if (!table) throw new BitrixError(400, 'NOT_FOUND', 'Smart process was not found');
    return table;
  }

  find(entityTypeId: number, id: number): Entity | undefined {
    return this.table(entityTypeId).find((entity) => entity.id === id);
  }

  nextId(): number {
    return this.data.nextId++;
  }

  /** A complete object with defaults, not yet in the portal. */
  draft(entityTypeId: number, fields: Record<string, unknown>, fm: Omit<MultiField, 'id'>[]): Entity {
    const now = new Date().toISOString();
    const id = this.nextId();
    const stage = isStaged(entityTypeId) ? { stageId: fields.stageId ?? 'NEW' } : {};
    const entity: Entity = {
      sourceId: null,
      sourceDescription: null,
      assignedById: 1,
      comments: null,
      originatorId: null,
      originId: null,
      opened: 'Y',
      createdTime: now,
      updatedTime: now,
      createdBy: 1,
      updatedBy: 1,
      ...fields,
      ...stage,
      id,
      fm: fm.map((field) => ({ ...field, id: this.nextId() })),
    };
    if (isStaged(entityTypeId)) entity.stageSemanticId = semanticOf(entityTypeId, entity.stageId);
    if (entityTypeId === ENTITY_TYPES.lead && !entity.title) entity.title = `Лид #${id}`;
    return entity;
  }

  insert(entityTypeId: number, entity: Entity): void {
    // Doubling mischief commits a second draft; the same draft twice would be one object.
    this.table(entityTypeId).push(entity);
    this.changed();
  }

  update(entityTypeId: number, entity: Entity, fields: Record<string, unknown>, fm?: MultiField[]): void {
    Object.assign(entity, fields, { updatedTime: new Date().toISOString() }, fm && { fm });
    if (isStaged(entityTypeId)) entity.stageSemanticId = semanticOf(entityTypeId, entity.stageId);
    this.changed();
  }

  changed(): void {
    this.#file.touch(() => this.data);
    this.happened.ring();
  }

  reset(): void {
    this.data = empty();
    this.changed();
  }

  close(): void {
    this.#file.flush();
  }
}
