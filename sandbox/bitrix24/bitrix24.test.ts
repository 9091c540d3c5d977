import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bitrixWebhookUrl, createSandboxClient, type SandboxClient } from '../client.ts';
import { type Sandbox, startSandbox } from '../index.ts';

let sandbox: Sandbox;
let client: SandboxClient;

interface Answer {
  result: unknown;
  total?: number;
  next?: number;
  error?: string;
  time?: unknown;
}

async function call(method: string, body: unknown = {}): Promise<Answer> {
  const response = await fetch(`${bitrixWebhookUrl(sandbox.urls.bitrix24)}${method}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  return (await response.json()) as Answer;
}

beforeEach(async () => {
  sandbox = await startSandbox();
  client = createSandboxClient(sandbox.urls.control);
});
afterEach(() => sandbox.close());

describe('Bitrix24', () => {
  test('a lead of the old method is found by its origin and phone with the new one', async () => {
    const { result: id, time } = await call('crm.lead.add.json', {
      fields: {
        TITLE: 'Заявка',
        ORIGINATOR_ID: 'dirigent',
        ORIGIN_ID: 'L-1',
        PHONE: [{ VALUE: '8 701 123 45 67', VALUE_TYPE: 'WORK' }],
        NOPE: 1,
      },
    });
    expect(time).toBeDefined();
    const filter = { '=originatorId': 'dirigent', '=originId': 'L-1' };
    const { result, total } = await call('crm.item.list', { entityTypeId: 1, filter, select: ['*'] });
    expect(result).toMatchObject({
      items: [{ id, title: 'Заявка', stageSemanticId: 'P', fm: [{ typeId: 'PHONE' }] }],
    });
    expect(total).toBe(1);
    expect(
      await call('crm.lead.list', { filter: { ORIGIN_ID: 'L-1' }, select: ['ID', 'PHONE'] }),
    ).toMatchObject({
      result: [{ ID: String(id), PHONE: [{ VALUE: '8 701 123 45 67' }] }],
    });
    expect(
      (await call('crm.duplicate.findbycomm', { type: 'PHONE', values: ['+77011234567'] })).result,
    ).toEqual({ LEAD: [id] });
    expect(
      (await call('crm.duplicate.findbycomm', { type: 'PHONE', values: ['+77770000000'] })).result,
    ).toEqual([]);
  });

  test('two leads of one origin are not refused', async () => {
    for (const _ of [1, 2])
      await call('crm.item.add', { entityTypeId: 1, fields: { title: 't', originId: 'same' } });
    expect(await client.bitrix.leads()).toHaveLength(2);
  });

  test('a stage that closes a lead shows in its semantics', async () => {
    const { id } = await client.bitrix.seed('lead', { fields: { title: 'x' }, phones: ['+77010000001'] });
    await client.bitrix.setStage('lead', id, 'JUNK');
    expect((await call('crm.item.get', { entityTypeId: 1, id })).result).toMatchObject({
      item: { stageId: 'JUNK', stageSemanticId: 'F' },
    });
    expect((await call('crm.lead.get', { id })).result).toMatchObject({
      ID: String(id),
      STATUS_ID: 'JUNK',
      STATUS_SEMANTIC_ID: 'F',
    });
  });

  test('lists come in pages of fifty', async () => {
    for (let n = 0; n < 51; n++) await client.bitrix.seed('contact', { fields: { name: `n${n}` } });
    const first = await call('crm.item.list', { entityTypeId: 3 });
    expect(first).toMatchObject({ total: 51, next: 50 });
    const second = await call('crm.item.list', { entityTypeId: 3, start: 50 });
    expect((second.result as { items: unknown[] }).items).toHaveLength(1);
    expect(second.next).toBeUndefined();
  });

  test('multi-fields are added, changed and removed by the rules of the new method', async () => {
    const { id, fm } = await client.bitrix.seed('contact', { phones: ['+77010000001'] });
    const update = (value: unknown) =>
      call('crm.item.update', { entityTypeId: 3, id, fields: { fm: value } });
    await update({
      n0: { typeId: 'PHONE', valueType: 'WORK', value: '+77010000002' },
      n1: { value: 'without a type' },
    });
    await update({ [String(fm[0]?.id)]: { typeId: 'PHONE', value: '' } });
    expect((await client.bitrix.contacts())[0]?.fm.map(({ value }) => value)).toEqual(['+77010000002']);
  });

  test('comments go to objects that exist, by form as well', async () => {
    const { id } = await client.bitrix.seed('lead', {});
    const url = `${bitrixWebhookUrl(sandbox.urls.bitrix24)}crm.timeline.comment.add`;
    const form = new URLSearchParams({
      'fields[ENTITY_ID]': String(id),
      'fields[ENTITY_TYPE]': 'lead',
      'fields[COMMENT]': 'again',
    });
    expect((await fetch(url, { method: 'POST', body: form })).status).toBe(200);
    expect(await client.bitrix.comments()).toMatchObject([{ entityId: id, comment: 'again' }]);
    expect(
      (
        await call('crm.timeline.comment.add', {
          fields: { ENTITY_ID: 999, ENTITY_TYPE: 'lead', COMMENT: 'x' },
        })
      ).error,
    ).toBe('');
  });

  test('calls are listed by fifty, numbers as texts, and once for each binding', async () => {
    for (let i = 0; i < 51; i++) {
      await client.bitrix.seedCall({ CRM_ENTITY_TYPE: 'LEAD', CRM_ENTITY_ID: 5, CALL_DURATION: i });
    }
    const FILTER = { CRM_ENTITY_TYPE: 'LEAD', CRM_ENTITY_ID: 5 };
    const first = await call('voximplant.statistic.get', { FILTER });
    expect(first).toMatchObject({ total: 51, next: 50 });
    const rest = await call('voximplant.statistic.get', { FILTER, start: first.next });
    expect(rest.result).toMatchObject([{ CALL_DURATION: '50' }]);
    expect(rest.next).toBeUndefined();
    expect((await call('voximplant.statistic.get', { SORT: 'CALL_TYPE' })).error).toBe('INVALID_ARG_VALUE');

    const lead = { OWNER_TYPE_ID: 1, OWNER_ID: 5 };
    const contact = { OWNER_TYPE_ID: 3, OWNER_ID: 6 };
    await client.bitrix.seedActivity({ ...lead, TYPE_ID: 2, BINDINGS: [contact] });
    const bound = async (...BINDINGS: object[]) =>
      (await call('crm.activity.list', { filter: { BINDINGS, TYPE_ID: 2 } })).result;
    expect(await bound(contact)).toHaveLength(1);
    expect(await bound(lead, contact)).toHaveLength(2);
    expect(await bound({ ...lead, OWNER_ID: 7 })).toEqual([]);
  });

  test('a batch passes results on and reports what failed', async () => {
    const { result } = await call('batch', {
      cmd: {
        a: 'crm.item.add?entityTypeId=1&fields[title]=T',
        b: 'crm.timeline.comment.add?fields[ENTITY_ID]=$result[a][item][id]&fields[ENTITY_TYPE]=lead&fields[COMMENT]=c',
        c: 'crm.item.get?entityTypeId=1&id=999',
      },
    });
    expect(result).toMatchObject({
      result: { a: { item: { title: 'T' } } },
      result_error: { c: { error: 'NOT_FOUND' } },
      result_next: [],
    });
    expect(await client.bitrix.comments()).toHaveLength(1);
  });

  test('the leaky bucket overflows into 503 and a wrong code into 401', async () => {
    await client.bitrix.limit({ burst: 2, perSecond: 0.01 });
    await call('crm.status.list');
    await call('crm.status.list');
    expect((await call('crm.status.list')).error).toBe('QUERY_LIMIT_EXCEEDED');
    const wrong = await fetch(`${sandbox.urls.bitrix24}/rest/1/wrong/crm.lead.list`);
    expect(wrong.status).toBe(401);
    expect(await wrong.json()).toMatchObject({ error: 'NO_AUTH_FOUND' });
  });

  test('an unknown method and a filter on an unknown field are refused', async () => {
    expect((await call('crm.nothing')).error).toBe('ERROR_METHOD_NOT_FOUND');
    expect((await call('crm.item.list', { entityTypeId: 1, filter: { nope: 1 } })).error).toBe(
      'INVALID_ARG_VALUE',
    );
  });
});
