import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../domain/failure.ts';
import type { CrmLead } from '../contract.ts';
import { type BitrixClientOptions, createBitrixClient } from './client.ts';
import { createBitrix24Crm } from './crm.ts';

interface Lead {
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

interface Asked {
  method: string;
  body: Body;
}

/**
 * A portal small enough to read, behind `fetch`: leads, contacts by phone, and PHP's way of
 * writing emptiness. `lose` executes a call and loses its answer.
 */
function tinyPortal(
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

const signal = new AbortController().signal;
const phone = '+77010000000';
const lead: CrmLead = { originId: 'default/42', title: 'Delivery', phone, language: 'kk' };

describe('createLead', () => {
  it('writes origin, phone, e-mail and need, and is then found by its origin', async () => {
    const { crm, asked } = tinyPortal();
    expect(await crm.findByOrigin(lead.originId, signal)).toBeUndefined();
    const link = await crm.createLead(
      { ...lead, name: 'Aigerim', email: 'a@b.kz', need: 'A door', comments: 'Call at 5', sourceId: 'WEB' },
      {},
      signal,
    );
    expect(link).toEqual({
      entity: 'lead',
      id: '100',
      url: 'https://portal.bitrix24.kz/crm/lead/details/100/',
      how: 'created',
    });
    expect(asked.at(-1)?.body).toEqual({
      entityTypeId: 1,
      fields: {
        title: 'Delivery',
        name: 'Aigerim',
        comments: 'A door\n\nCall at 5',
        sourceId: 'WEB',
        sourceDescription: 'language: kk',
        fm: [
          { typeId: 'PHONE', valueType: 'WORK', value: phone },
          { typeId: 'EMAIL', valueType: 'WORK', value: 'a@b.kz' },
        ],
        originatorId: 'dirigent',
        originId: 'default/42',
      },
    });
    expect(await crm.findByOrigin(lead.originId, signal)).toEqual({ ...link, how: 'found_by_origin' });
    expect(asked.at(-1)?.body).toMatchObject({
      filter: { '=originatorId': 'dirigent', '=originId': 'default/42' },
    });
  });

  it('is unknown when the answer is lost after the effect, and the origin finds the lead', async () => {
    const { crm, lose, leads } = tinyPortal();
    lose.add('crm.item.add');
    const error = await crm.createLead(lead, {}, signal).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ProviderError);
    expect(error).toMatchObject({ class: 'unknown' });
    expect(leads).toHaveLength(1);
    expect(await crm.findByOrigin(lead.originId, signal)).toMatchObject({
      id: '100',
      how: 'found_by_origin',
    });
  });

  it('binds the lead to a known contact', async () => {
    const { crm, asked } = tinyPortal();
    expect(await crm.createLead(lead, { contactId: '7' }, signal)).toMatchObject({ how: 'bound_to_contact' });
    expect(asked.at(-1)?.body).toMatchObject({ fields: { contactId: 7 } });
  });

  it("a customer's markup stays text for the manager", async () => {
    const { crm, asked } = tinyPortal();
    await crm.createLead(
      { ...lead, need: '[url=https://evil.example]portal[/url] [2 doors] <img src=x>' },
      {},
      signal,
    );
    const comments = asked.at(-1)?.body.fields?.comments ?? '';
    expect(comments).not.toMatch(/\[\/?url|<img/);
    expect(comments.replaceAll('\u200B', '')).toBe(
      '[url=https://evil.example]portal[/url] [2 doors] <img src=x>',
    );
    expect(comments).toContain('[2 doors]');
  });
});

describe('findByOrigin', () => {
  it('two leads with one origin: the oldest, always', async () => {
    const fields = { originId: lead.originId };
    const { crm } = tinyPortal({
      leads: [
        { id: 30, stage: 'P', fields },
        { id: 9, stage: 'F', fields },
      ],
    });
    expect(await crm.findByOrigin(lead.originId, signal)).toMatchObject({ id: '9' });
  });
});

describe('findByPhone', () => {
  const of = (id: number, stage: Lead['stage']): Lead => ({ id, stage, phone, fields: {} });

  it('nobody has the phone: nothing, and no second question', async () => {
    const { crm, asked } = tinyPortal();
    expect(await crm.findByPhone(phone, signal)).toEqual({});
    expect(asked).toHaveLength(1);
  });

  it('finds the newest open lead among closed ones', async () => {
    const { crm } = tinyPortal({ leads: [of(9, 'P'), of(100, 'P'), of(101, 'S'), of(102, 'F')] });
    expect(await crm.findByPhone(phone, signal)).toEqual({
      openLeadId: '100',
      openLeadUrl: 'https://portal.bitrix24.kz/crm/lead/details/100/',
    });
  });

  it('closed leads only: the contact, and no lead', async () => {
    const { crm } = tinyPortal({ leads: [of(5, 'F')], contacts: { [phone]: ['31', 4] } });
    expect(await crm.findByPhone(phone, signal)).toEqual({ contactId: '4' });
  });

  it('finds a phone that a manager typed with the trunk prefix', async () => {
    const { crm } = tinyPortal({ contacts: { '87010000000': [8] } });
    expect(await crm.findByPhone(phone, signal)).toEqual({ contactId: '8' });
  });

  it('so many leads that the portal hides the contacts: asks for them', async () => {
    const leads = Array.from({ length: 20 }, (_, i) => of(i + 1, 'F'));
    const { crm, asked } = tinyPortal({ leads, contacts: { [phone]: [3] } });
    expect(await crm.findByPhone(phone, signal)).toEqual({ contactId: '3' });
    expect(asked[1]?.body).toMatchObject({ entity_type: 'CONTACT' });
  });
});

describe('commentLead', () => {
  const add = {
    method: 'crm.timeline.comment.add',
    body: { fields: { ENTITY_ID: 12, ENTITY_TYPE: 'lead', COMMENT: '№ 7, Anna\nCame back' } },
  };
  const adds = (asked: Asked[]) => asked.filter(({ method }) => method === add.method);

  it('writes to the timeline of the lead', async () => {
    const { crm, asked } = tinyPortal();
    await crm.commentLead('12', '№ 7, Anna\nCame back', signal);
    expect(adds(asked)).toEqual([add]);
  });

  it('says nothing twice, however the portal shows what it keeps', async () => {
    const { crm, asked } = tinyPortal({ comments: ['<p>№ 7, Anna<br>Came back</p>'] });
    await crm.commentLead('12', '№ 7, Anna\nCame back', signal);
    expect(adds(asked)).toEqual([]);
  });

  it('says what is like an earlier note and not the same', async () => {
    const { crm, asked } = tinyPortal({ comments: ['№ 6, Anna\nCame back'] });
    await crm.commentLead('12', '№ 7, Anna\nCame back', signal);
    expect(adds(asked)).toEqual([add]);
  });

  it('is written without a look where the portal has no list of comments', async () => {
    const { crm, asked } = tinyPortal({ comments: null });
    await crm.commentLead('12', '№ 7, Anna\nCame back', signal);
    expect(adds(asked)).toEqual([add]);
  });

  it('after a lost answer finds what it had written', async () => {
    const { crm, asked, lose } = tinyPortal();
    lose.add(add.method);
    await expect(crm.commentLead('12', '№ 7, Anna\nCame back', signal)).rejects.toMatchObject({
      class: 'unknown',
    });
    lose.clear();
    await crm.commentLead('12', '№ 7, Anna\nCame back', signal);
    expect(adds(asked)).toEqual([add]);
  });
});
