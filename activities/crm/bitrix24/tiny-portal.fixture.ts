import { type BitrixClientOptions, createBitrixClient } from './client.ts';
import { createBitrix24Crm } from './crm.ts';

export interface Lead {
  id: number;
  stage: 'P' | 'S' | 'F';
  phone?: string;
  fields: Record<string, unknown>;
}

/** The union of what the methods are asked. */
interface Body {
  fields?: Record<string, unknown> & { fm?: Array<{ value: string }>; comments?: string };
  filter?: { '@id'?: number[]; '=originId'?: string };
  values?: string[];
  entity_type?: 'LEAD' | 'CONTACT';
}

export interface Asked {
  method: string;
  body: Body;
}

/**
 * A portal small enough to read, behind `fetch`: leads, contacts by phone, and PHP's way of
 * writing emptiness. `lose` executes a call and loses its answer.
 */
export function tinyPortal(
  seed: {
    leads?: Lead[];
    contacts?: Record<string, Array<number | string>>;
    comments?: string[] | null;
  } = {},
) {
  const leads = [...(seed.leads ?? [])];
  const contacts = seed.contacts ?? {};
  const comments = [...(seed.comments ?? [])];
  const asked: Asked[] = [];
  const lose = new Set<string>();

  const handlers: Record<string, (body: Body) => unknown> = {
    'crm.item.add': ({ fields = {} }) => {
      const lead: Lead = { id: leads.length + 100, stage: 'P', phone: fields.fm?.[0]?.value, fields };
      leads.push(lead);
      return { item: { id: lead.id, title: 'x' } };
    },
    'crm.item.list': ({ filter = {} }) => {
      const { '@id': ids, '=originId': originId } = filter;
      const found = leads.filter((lead) =>
        ids === undefined ? lead.fields.originId === originId : ids.includes(lead.id),
      );
      return { items: found.map(({ id, stage }) => ({ id, stageSemanticId: stage })) };
    },
    'crm.duplicate.findbycomm': ({ values: phones = [], entity_type }) => {
      const hit = {
        LEAD: leads
          .filter(({ phone }) => phone !== undefined && phones.includes(phone))
          .map(({ id }) => String(id)),
        CONTACT: phones.flatMap((phone) => contacts[phone] ?? []),
      };
      const crowded = hit.LEAD.length >= 20 && entity_type === undefined;
      const kept = Object.entries(hit).filter(
        ([type, list]) =>
          list.length > 0 &&
          !(crowded && type === 'CONTACT') &&
          (entity_type === undefined || type === entity_type),
      );
      return kept.length === 0 ? [] : Object.fromEntries(kept);
    },
    'crm.timeline.comment.add': ({ fields = {} }) => comments.push(String(fields.COMMENT)),
    'crm.timeline.comment.list': () =>
      seed.comments === null ? undefined : comments.map((COMMENT) => ({ COMMENT })),
  };

  const fetch: NonNullable<BitrixClientOptions['fetch']> = async (input, init) => {
    const method = new URL(String(input)).pathname.split('/').at(-1)?.replace('.json', '') ?? '';
    const body = JSON.parse(String(init?.body));
    asked.push({ method, body });
    const result = handlers[method]?.(body);
    if (result === undefined) return Response.json({ error: 'ERROR_METHOD_NOT_FOUND' }, { status: 404 });
    if (lose.delete(method)) throw new TypeError('fetch failed', { cause: { code: 'UND_ERR_SOCKET' } });
    return Response.json({ result, time: { operating: 0.1 } });
  };
  const client = createBitrixClient({ webhookUrl: 'https://portal.bitrix24.kz/rest/1/s3cret/', fetch });
  return { crm: createBitrix24Crm({ client }), leads, asked, lose };
}
