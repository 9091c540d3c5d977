import { describe, expect, it } from 'vitest';
import { judgeWebhook, type WebhookFacts, type WebhookPast } from './webhook-health.ts';

const NOW = Date.UTC(2026, 0, 31, 9);
const WISH = {
  channel: 'default',
  path: '/webhooks/telegram/default',
  publicUrl: 'https://bot.example.kz',
  pendingLimit: 100,
};
const OURS = `${WISH.publicUrl}${WISH.path}`;

const judge = (facts: Partial<WebhookFacts>, past: WebhookPast = { repairs: 0 }, wish = {}) => {
  const { repair, troubles } = judgeWebhook(
    { url: OURS, pending: 0, pendingBefore: [], ...facts },
    { ...WISH, ...wish },
    past,
    NOW,
  );
  return { repair, kinds: troubles.map(({ kind }) => kind), troubles };
};

describe('a webhook', () => {
  it('that is ours and delivers is left alone', () => {
    expect(judge({})).toMatchObject({ repair: undefined, kinds: [] });
  });

  it('that was deleted or taken elsewhere is set again, quietly at first, with an alarm when it happens again and again', () => {
    expect(judge({ url: '' })).toMatchObject({ repair: 'deleted', kinds: [] });
    const foreign = { url: 'https://user:password@elsewhere.example/token' };
    expect(judge(foreign, { repairs: 1 })).toMatchObject({ repair: 'foreign', kinds: [] });
    const again = judge(foreign, { repairs: 2 });
    expect(again).toMatchObject({ repair: 'foreign', kinds: ['webhook_foreign'] });
    expect(again.troubles[0]?.words).toEqual({ channel: 'default', host: 'elsewhere.example' });
  });

  it('on another installation of the same host is not ours', () => {
    expect(judge({ url: `${WISH.publicUrl}/webhooks/telegram/other` }).repair).toBe('foreign');
  });

  it('that our own endpoint refuses has another secret: it is set again, and alarms where that does not help', () => {
    const facts = {
      pending: 3,
      lastErrorAt: NOW - 1_000,
      lastError: 'Wrong response from the webhook: 401 Unauthorized',
    };
    expect(judge(facts)).toMatchObject({ repair: 'secret', kinds: [] });
    expect(judge(facts, { repairs: 2, lastRepairAt: NOW - 60_000 })).toMatchObject({
      repair: 'secret',
      kinds: ['webhook_failing'],
    });
    expect(judge(facts, { repairs: 1, lastRepairAt: NOW })).toMatchObject({ repair: undefined, kinds: [] });
  });

  it('whose deliveries fail alarms while updates wait, and no longer', () => {
    const facts = { lastErrorAt: NOW - 1_000, lastError: 'Wrong response from the webhook: 502 Bad Gateway' };
    expect(judge({ ...facts, pending: 1 }).kinds).toEqual(['webhook_failing']);
    expect(judge({ ...facts, pending: 0 }).kinds).toEqual([]);
    expect(judge({ ...facts, pending: 1, lastErrorAt: NOW - 600_000 }).kinds).toEqual([]);
  });

  it('with too many updates waiting, or more at each look, alarms', () => {
    expect(judge({ pending: 101 }).kinds).toEqual(['webhook_pending']);
    expect(judge({ pending: 4, pendingBefore: [1, 2, 3] }).kinds).toEqual(['webhook_pending']);
    expect(judge({ pending: 4, pendingBefore: [1, 4, 3] }).kinds).toEqual([]);
    expect(judge({ pending: 4, pendingBefore: [2, 3] }).kinds).toEqual([]);
  });

  it('cannot be set where nobody said how the outside reaches us, and that is said', () => {
    const wish = { publicUrl: undefined };
    expect(judge({ url: '' }, undefined, wish)).toMatchObject({
      repair: undefined,
      kinds: ['webhook_missing'],
    });
    expect(judge({ url: `https://any.example${WISH.path}` }, undefined, wish).kinds).toEqual([]);
    expect(judge({ url: 'https://any.example/x' }, undefined, wish).kinds).toEqual(['webhook_foreign']);
  });
});
