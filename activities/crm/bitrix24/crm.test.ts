import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../domain/failure.ts';
import type { CrmLead } from '../contract.ts';
import { type Asked, type Lead, tinyPortal } from './tiny-portal.fixture.ts';

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
  const NOTE = '№ 7, Anna\nCame back';
  const add = {
    method: 'crm.timeline.comment.add',
    body: { fields: { ENTITY_ID: 12, ENTITY_TYPE: 'lead', COMMENT: NOTE } },
  };
  const adds = (asked: Asked[]) => asked.filter(({ method }) => method === add.method);

  it('writes to the timeline of the lead', async () => {
    const { crm, asked } = tinyPortal();
    await crm.commentLead('12', NOTE, signal);
    expect(adds(asked)).toEqual([add]);
  });

  it('says nothing twice, however the portal shows what it keeps', async () => {
    const { crm, asked } = tinyPortal({ comments: ['<p>№ 7, Anna<br>Came back</p>'] });
    await crm.commentLead('12', NOTE, signal);
    expect(adds(asked)).toEqual([]);
  });

  it('says what is like an earlier note and not the same', async () => {
    const { crm, asked } = tinyPortal({ comments: ['№ 6, Anna\nCame back'] });
    await crm.commentLead('12', NOTE, signal);
    expect(adds(asked)).toEqual([add]);
  });

  it('is written without a look where the portal has no list of comments', async () => {
    const { crm, asked } = tinyPortal({ comments: null });
    await crm.commentLead('12', NOTE, signal);
    expect(adds(asked)).toEqual([add]);
  });

  it('after a lost answer finds what it had written', async () => {
    const { crm, asked, lose } = tinyPortal();
    lose.add(add.method);
    await expect(crm.commentLead('12', NOTE, signal)).rejects.toMatchObject({
      class: 'unknown',
    });
    lose.clear();
    await crm.commentLead('12', NOTE, signal);
    expect(adds(asked)).toEqual([add]);
  });
});
