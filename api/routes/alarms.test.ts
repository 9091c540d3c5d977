import { describe, expect, it } from 'vitest';
import type { AlarmRow } from '../../db/queries/alarms.ts';
import { authorised, TENANT, testApp } from '../testing.ts';

const ALARM: AlarmRow = {
  id: '0192a000-0000-7000-8000-0000000000a1',
  tenantId: TENANT.id,
  kind: 'webhook_failing',
  subject: 'default',
  severity: 'critical',
  words: { channel: 'default', error: '502 Bad Gateway' },
  raisedAt: new Date('2026-01-31T09:00:00.000Z'),
  clearedAt: null,
  notify: true,
  raiseToldAt: null,
  clearToldAt: null,
  tries: 2,
  retryAt: null,
  tellError: 'the Bot API could not be reached',
};

describe('GET /api/v1/alarms', () => {
  const asked: unknown[][] = [];
  const { app } = testApp({
    alarms: {
      list: async (...request) => {
        asked.push(request);
        const over = {
          ...ALARM,
          clearedAt: new Date('2026-01-31T09:05:00.000Z'),
          raiseToldAt: ALARM.raisedAt,
        };
        return { rows: [ALARM, over, { ...ALARM, notify: false }] };
      },
    },
  });

  it('says in a sentence what is wrong, and whether those on call know', async () => {
    const response = await app.request('/api/v1/alarms?open=true&limit=3', { headers: authorised() });
    expect(response.status).toBe(200);
    const { alarms } = (await response.json()) as { alarms: Record<string, unknown>[] };
    expect(alarms[0]).toMatchObject({
      kind: 'webhook_failing',
      what: 'Telegram cannot deliver messages to channel "default": 502 Bad Gateway',
      told: 'waiting',
      tell_error: 'the Bot API could not be reached',
      cleared_at: null,
    });
    // The all-clear is the news of one that is over, and it has not been told.
    expect(alarms.map(({ told }) => told)).toEqual(['waiting', 'waiting', 'no_chat']);
    expect(asked).toEqual([[TENANT.id, true, { limit: 3, after: undefined }]]);
  });

  it('is for holders of the token, and refuses what it does not know', async () => {
    expect((await app.request('/api/v1/alarms')).status).toBe(401);
    const wrong = await app.request('/api/v1/alarms?open=maybe', { headers: authorised() });
    expect(wrong.status).toBe(400);
  });
});
