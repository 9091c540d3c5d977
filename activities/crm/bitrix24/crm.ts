import * as z from 'zod';
import { type FailureClass, ProviderError } from '../../../domain/failure.ts';
import type { Crm, CrmLead, CrmLink, CrmPhoneMatch } from '../contract.ts';
import { callsOfLead } from './calls.ts';
import type { BitrixClient } from './client.ts';
import { entityId, phpList, phpObject } from './envelope.ts';

const LEAD = 1;
/** `stageSemanticId` of a lead that is neither won nor lost. */
const IN_PROCESS = 'P';
/** Classes of a failed read that asking again will not change. */
const SHOWS_NOTHING: ReadonlySet<FailureClass> = new Set(['refused', 'misconfigured']);
/** From this many hits of one type the portal may leave the other types out. */
const CROWDED = 20;

const ItemAdded = z.object({ item: z.object({ id: entityId }) });
const Items = phpObject(
  z.object({
    items: phpList(z.object({ id: entityId, stageSemanticId: z.string().nullish() })).default([]),
  }),
);
const Comments = phpList(z.object({ COMMENT: z.string().nullish() }));
const ids = phpList(entityId).default([]);
const Duplicates = phpObject(z.object({ LEAD: ids, CONTACT: ids }));

export interface Bitrix24CrmOptions {
  client: BitrixClient;
  /** Names this product among the systems that write to the portal. Never change it: leads are found by it. */
  originatorId?: string;
}

/** Leads in a Bitrix24 portal, by the maintained crm.item methods. */
export function createBitrix24Crm({ client, originatorId = 'dirigent' }: Bitrix24CrmOptions): Crm {
  const leadUrl = (id: string) => `${client.origin}/crm/lead/details/${id}/`;

  const listLeads = async (filter: Record<string, unknown>, signal: AbortSignal) => {
    const { items } = await client.call({
      method: 'crm.item.list',
      // start -1 skips counting, which is what makes a list slow.
      params: {
        entityTypeId: LEAD,
        select: ['id', 'stageSemanticId'],
        filter,
        order: { id: 'ASC' },
        start: -1,
      },
      effect: 'read',
      result: Items,
      signal,
    });
    return items.toSorted((a, b) => byId(a.id, b.id));
  };

  const findDuplicates = (phone: string, entityType: 'LEAD' | 'CONTACT' | undefined, signal: AbortSignal) =>
    client.call({
      method: 'crm.duplicate.findbycomm',
      params: {
        type: 'PHONE',
        values: phoneSpellings(phone),
        ...(entityType === undefined ? {} : { entity_type: entityType }),
      },
      effect: 'read',
      result: Duplicates,
      signal,
    });

  /** A portal that does not show its timeline is written to without a look: a note twice is better than none. */
  const newestComments = async (leadId: string, signal: AbortSignal): Promise<string[]> => {
    try {
      const newest = await client.call({
        method: 'crm.timeline.comment.list',
        params: {
          filter: { ENTITY_ID: Number(leadId), ENTITY_TYPE: 'lead' },
          select: ['ID', 'COMMENT'],
          order: { ID: 'DESC' },
        },
        effect: 'read',
        result: Comments,
        signal,
      });
      return newest.map(({ COMMENT }) => COMMENT ?? '');
    } catch (error) {
      if (error instanceof ProviderError && SHOWS_NOTHING.has(error.class)) return [];
      throw error;
    }
  };

  return {
    async findByOrigin(originId, signal): Promise<CrmLink | undefined> {
      const [oldest] = await listLeads({ '=originatorId': originatorId, '=originId': originId }, signal);
      if (oldest === undefined) return undefined;
      return { entity: 'lead', id: oldest.id, url: leadUrl(oldest.id), how: 'found_by_origin' };
    },

    async findByPhone(phone, signal): Promise<CrmPhoneMatch> {
      let { LEAD: leads, CONTACT: contacts } = await findDuplicates(phone, undefined, signal);
      if (leads.length >= CROWDED && contacts.length === 0) {
        contacts = (await findDuplicates(phone, 'CONTACT', signal)).CONTACT;
      } else if (contacts.length >= CROWDED && leads.length === 0) {
        leads = (await findDuplicates(phone, 'LEAD', signal)).LEAD;
      }
      const known = leads.length === 0 ? [] : await listLeads({ '@id': leads.map(Number) }, signal);
      const open = known.findLast(({ stageSemanticId }) => stageSemanticId === IN_PROCESS);
      const contactId = contacts.toSorted(byId)[0];
      return {
        ...(open === undefined ? {} : { openLeadId: open.id, openLeadUrl: leadUrl(open.id) }),
        ...(contactId === undefined ? {} : { contactId }),
      };
    },

    async createLead(lead, { contactId }, signal): Promise<CrmLink> {
      const { item } = await client.call({
        method: 'crm.item.add',
        params: { entityTypeId: LEAD, fields: leadFields(lead, originatorId, contactId) },
        effect: 'write',
        result: ItemAdded,
        signal,
      });
      return {
        entity: 'lead',
        id: item.id,
        url: leadUrl(item.id),
        how: contactId === undefined ? 'created' : 'bound_to_contact',
      };
    },

    calls: (leadId, signal) => callsOfLead(client, leadId, signal),

    async commentLead(id, text, signal): Promise<void> {
      const words = wordsOf(text);
      if ((await newestComments(id, signal)).some((comment) => wordsOf(comment) === words)) return;
      await client.call({
        method: 'crm.timeline.comment.add',
        params: { fields: { ENTITY_ID: Number(id), ENTITY_TYPE: 'lead', COMMENT: withoutMarkup(text) } },
        effect: 'write',
        result: entityId,
        signal,
      });
    },
  };
}

function leadFields(lead: CrmLead, originatorId: string, contactId: string | undefined) {
  const fm = [
    ...(lead.phone === undefined ? [] : [{ typeId: 'PHONE', valueType: 'WORK', value: lead.phone }]),
    ...(lead.email === undefined ? [] : [{ typeId: 'EMAIL', valueType: 'WORK', value: lead.email }]),
  ];
  const comments = [lead.need, lead.comments]
    .filter((part) => part !== undefined && part !== '')
    .join('\n\n');
  return {
    title: lead.title,
    ...(lead.name === undefined ? {} : { name: lead.name }),
    ...(comments === '' ? {} : { comments: withoutMarkup(comments) }),
    ...(lead.sourceId === undefined ? {} : { sourceId: lead.sourceId }),
    sourceDescription: `language: ${lead.language}`,
    ...(contactId === undefined ? {} : { contactId: Number(contactId) }),
    ...(fm.length === 0 ? {} : { fm }),
    originatorId,
    originId: lead.originId,
  };
}

/** Managers also type +7 numbers with the trunk prefix 8. */
function phoneSpellings(phone: string): string[] {
  return /^\+7\d{10}$/.test(phone) ? [phone, `8${phone.slice(2)}`] : [phone];
}

/**
 * A customer's text must not become a link or a picture on a manager's screen: an invisible character
 * breaks BB codes and HTML tags, and what is read stays the same.
 */
function withoutMarkup(text: string): string {
  return text.replace(/[[<](?=[/*!a-z])/gi, '$&\u200B');
}

/** What a text says however the portal keeps it: without markup, blanks and punctuation. */
const wordsOf = (text: string): string =>
  text
    .replace(/<[^>]*>/g, ' ')
    .split(/[^\p{L}\p{N}]+/u)
    .filter(Boolean)
    .join(' ');

const byId = (a: string, b: string) => Number(a) - Number(b);
