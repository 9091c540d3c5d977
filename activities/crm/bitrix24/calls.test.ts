import { describe, expect, it } from 'vitest';
import { ProviderError } from '../../../domain/failure.ts';
import { callsOfLead } from './calls.ts';
import { createBitrixClient } from './client.ts';

type Row = Record<string, unknown>;
type Answer = { status?: number; body: Row };

/** A portal that knows these two lists, and hands them out by fifty. */
function portal(lists: { activities?: Row[] | Answer; calls?: Row[] | Answer }) {
  const asked: { method: string; params: Row }[] = [];
  const client = createBitrixClient({
    webhookUrl: 'https://acme.bitrix24.kz/rest/1/code/',
    fetch: async (url, init) => {
      const method = String(url).split('/').at(-1) ?? '';
      const params = JSON.parse(String(init?.body)) as Row;
      asked.push({ method, params });
      const list = method.startsWith('crm.activity') ? lists.activities : lists.calls;
      if (list !== undefined && !Array.isArray(list)) {
        return new Response(JSON.stringify(list.body), { status: list.status ?? 200 });
      }
      const start = Number(params.start);
      const rows = (list ?? []).slice(start, start + 50);
      const more = start + 50 < (list ?? []).length;
      // PHP writes a list with holes as an object, and numbers of old methods as texts.
      const result = rows.length > 1 ? Object.fromEntries(rows.map((row, i) => [i * 2, row])) : rows;
      return new Response(JSON.stringify({ result, ...(more ? { next: String(start + 50) } : {}) }));
    },
  });
  return { asked, count: () => callsOfLead(client, '17', AbortSignal.timeout(5_000)) };
}

const statistic = (id: number, over: Row = {}): Row => ({
  ID: String(id),
  CALL_ID: `external.${id}`,
  CALL_DURATION: '60',
  CALL_FAILED_CODE: '200',
  CALL_START_DATE: '2026-11-01T12:00:00+05:00',
  CRM_ACTIVITY_ID: String(1000 + id),
  ...over,
});
const activity = (id: number, over: Row = {}): Row => ({
  ID: String(id),
  ORIGIN_ID: '',
  START_TIME: '2026-11-01T10:00:00+03:00',
  END_TIME: '2026-11-01T10:01:30+03:00',
  SETTINGS: [],
  ...over,
});

describe('calls of a lead in Bitrix24', () => {
  it('are counted once, whichever of the two lists knows them', async () => {
    const { count, asked } = portal({
      calls: [statistic(1), statistic(2, { CALL_FAILED_CODE: '304', CALL_DURATION: '0' })],
      activities: [
        // The same two calls: by the activity's id, and by the telephony's name in its origin.
        activity(1001),
        activity(5, { ORIGIN_ID: 'VI_external.2' }),
        // Noted by a manager.
        activity(6),
      ],
    });
    expect(await count()).toEqual({
      answered: 2,
      missed: 1,
      seconds: 60 + 90,
      lastAt: '2026-11-01T07:00:00.000Z',
      partly: false,
    });
    expect(asked[0]?.params).toMatchObject({
      filter: { TYPE_ID: 2, BINDINGS: [{ OWNER_TYPE_ID: 1, OWNER_ID: 17 }] },
    });
    expect(asked[1]?.params).toMatchObject({ FILTER: { CRM_ENTITY_TYPE: 'LEAD', CRM_ENTITY_ID: 17 } });
  });

  it('are read to the last page, and a row that comes twice is one call', async () => {
    const many = Array.from({ length: 101 }, (_, i) => statistic(i + 1));
    const { count, asked } = portal({ calls: many, activities: [activity(7), activity(7)] });
    expect(await count()).toMatchObject({ answered: 102 });
    expect(asked.filter(({ method }) => method.startsWith('vox')).map(({ params }) => params.start)).toEqual([
      0, 50, 100,
    ]);
  });

  it('are compared as moments, whatever offset they carry', async () => {
    const { count } = portal({
      calls: [
        statistic(1, { CALL_START_DATE: '2026-11-01T23:30:00-05:00' }),
        statistic(2, { CALL_START_DATE: '2026-11-02T05:00:00+05:00' }),
        statistic(3, { CALL_START_DATE: '' }),
      ],
    });
    expect((await count()).lastAt).toBe('2026-11-02T04:30:00.000Z');
  });

  it('are missed when the telephony says so, or when they took no time', async () => {
    const { count } = portal({
      calls: [
        statistic(1, { CALL_FAILED_CODE: '603-S', CALL_DURATION: '12' }),
        statistic(2, { CALL_FAILED_CODE: null, CALL_DURATION: '7', CRM_ACTIVITY_ID: '0' }),
        statistic(3, { CALL_FAILED_CODE: '', CALL_DURATION: 'x' }),
      ],
      activities: [
        activity(1, { SETTINGS: { MISSED_CALL: 'Y' } }),
        activity(2, { END_TIME: '2026-11-01T10:00:00+03:00' }),
        activity(3, { START_TIME: null, END_TIME: null }),
      ],
    });
    expect(await count()).toMatchObject({ answered: 1, missed: 5, seconds: 7 });
  });

  it.each([
    [403, 'insufficient_scope'],
    [404, 'ERROR_METHOD_NOT_FOUND'],
    [400, ''],
  ])('come from the activities alone where the telephony answers %i %s', async (status, error) => {
    const { count } = portal({ calls: { status, body: { error } }, activities: [activity(1)] });
    expect(await count()).toMatchObject({ answered: 1, seconds: 90, partly: true });
  });

  it('are not counted at all while the portal is away', async () => {
    const away = { status: 500, body: { error: 'INTERNAL_SERVER_ERROR' } };
    await expect(portal({ calls: away }).count()).rejects.toMatchObject({ class: 'unavailable' });
    await expect(portal({ activities: away }).count()).rejects.toBeInstanceOf(ProviderError);
  });
});
