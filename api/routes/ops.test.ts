import { describe, expect, it } from 'vitest';
import type { SendView } from '../../db/queries/sends-read.ts';
import type { ControlResult, Ops } from '../ops.ts';
import { authorised, RUN, testApp } from '../testing.ts';
import { opsFakes, SEND } from '../testing-ops.ts';

const post = (app: ReturnType<typeof testApp>['app'], path: string, headers = {}, body?: unknown) =>
  app.request(`/api/v1/${path}`, {
    method: 'POST',
    headers: authorised({ 'idempotency-key': 'k-1', ...headers }),
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
const get = (app: ReturnType<typeof testApp>['app'], path: string) =>
  app.request(`/api/v1/${path}`, { headers: authorised() });
const answering = (over: (fakes: Ops) => Partial<Ops>) => {
  const fakes = opsFakes([]);
  return testApp({ ops: { ...fakes, ...over(fakes) } });
};

describe.each(['retry', 'resume', 'rerun'] as const)('POST /api/v1/runs/{id}/%s', (action) => {
  const path = `runs/${encodeURIComponent(RUN.workflowId)}/${action}`;
  const controlled = (result: ControlResult) =>
    answering((fakes) => ({ runs: { ...fakes.runs, [action]: async () => result } }));

  it('asks once, says where the run is, and leaves a trace of who asked', async () => {
    const { app, seen } = testApp();
    const response = await post(app, path, { 'x-request-id': 'rq' });
    expect(response.status).toBe(202);
    expect(response.headers.get('location')).toBe(`/api/v1/runs/${RUN.runId}`);
    expect(await response.json()).toMatchObject({ run_id: RUN.runId, existing: false });
    expect(seen.ops).toEqual([[action, expect.objectContaining({ actor: 'api', correlationId: 'rq' })]]);
    expect(seen.events).toEqual([
      expect.objectContaining({
        eventType: `api.run_${action}_requested`,
        subject: RUN.workflowId,
        actor: 'api',
        correlationId: 'rq',
      }),
    ]);
  });

  it('turns the same key into the same request, whichever name the run is called by, and keeps it secret', async () => {
    const { app, seen } = testApp();
    await post(app, path);
    await post(app, `runs/${RUN.runId}/${action}`);
    await post(app, path, { 'idempotency-key': 'k-2' });
    const keys = seen.ops.map(([, request]) => (request as { key: string }).key);
    expect(keys[0]).toBe(keys[1]);
    expect(keys[2]).not.toBe(keys[0]);
    expect(keys.join()).not.toContain('k-1');
  });

  it('answers 200 for what the key has done before', async () => {
    const { app } = controlled({ kind: 'existing', workflowId: RUN.workflowId, runId: RUN.runId });
    const response = await post(app, path);
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ existing: true });
  });

  it('says why not: 400 without a key, 404, 409 with the reason, 503 while the engine is away', async () => {
    const { app, seen } = testApp();
    const bare = await app.request(`/api/v1/${path}`, { method: 'POST', headers: authorised() });
    expect(bare.status).toBe(400);
    expect((await post(app, `runs/nobody/${action}`)).status).toBe(404);
    expect(seen.ops).toEqual([]);

    const refused = controlled({ kind: 'refused', reason: 'history-gone', detail: 'It is gone.' });
    const response = await post(refused.app, path);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({
      type: 'urn:dirigent:problem:history-gone',
      detail: 'It is gone.',
    });
    const away = controlled({ kind: 'unavailable' });
    const unavailable = await post(away.app, path);
    expect(unavailable.status).toBe(503);
    expect(unavailable.headers.get('retry-after')).toBeTruthy();
    expect([...refused.seen.events, ...away.seen.events]).toEqual([]);
  });
});

describe('/api/v1/sends', () => {
  it('lists by state, conversation and run, the run by either of its names', async () => {
    const { app, seen } = testApp();
    const query = `state=unknown&conversation_id=${SEND.conversationId}&run=${RUN.runId}&limit=5`;
    const page = (await (await get(app, `sends?${query}`)).json()) as Record<string, unknown>;
    expect(page.sends).toEqual([
      expect.objectContaining({ id: SEND.id, state: 'unknown', resolution: null }),
    ]);
    expect(page.next_cursor).toEqual(expect.any(String));
    await get(app, `sends?cursor=${page.next_cursor}`);
    expect(seen.ops[0]?.[2]).toMatchObject({
      state: 'unknown',
      conversationId: SEND.conversationId,
      workflowId: RUN.workflowId,
    });
    expect(seen.ops[1]?.[3]).toEqual({ limit: 50, after: { at: SEND.createdAt, id: SEND.id } });
  });

  it('shows what the probe found, which policy acts, and what is waited for', async () => {
    const shown = async (over: Partial<SendView>) => {
      const { app } = answering((fakes) => ({
        sends: { ...fakes.sends, list: async () => ({ rows: [{ ...SEND, ...over }] }) },
      }));
      return ((await (await get(app, 'sends')).json()) as { sends: unknown[] }).sends[0];
    };
    expect(await shown({})).toMatchObject({
      if_unknown: 'repeat',
      possibly_repeated: false,
      waits_for: 'evidence',
      doubt: {
        attempt: 1,
        ids: { after: 41, before: 44 },
        candidates: 2,
        looks: 1,
        found: 'unproved',
        answer: '400 Bad Request: message to edit not found',
        next_look_at: '2026-01-31T09:00:41.000Z',
      },
    });
    const { doubt } = SEND;
    const waiting = doubt && { ...doubt, waitsForPerson: true };
    expect(await shown({ ifUnknown: 'person', doubt: waiting })).toMatchObject({ waits_for: 'person' });
    expect(await shown({ doubt: null })).toMatchObject({ waits_for: 'person', doubt: null });
    expect(await shown({ state: 'sent', possiblyRepeated: true })).toMatchObject({
      possibly_repeated: true,
      waits_for: null,
    });
  });

  const path = `sends/${SEND.id}/resolve`;

  it('hands a decision on with who made it, and never the key itself', async () => {
    const { app, seen } = testApp();
    const response = await post(app, path, {}, { resolution: 'delivered', channel_message_id: '17' });
    expect(response.status).toBe(200);
    expect(seen.ops).toEqual([
      [
        'resolve',
        expect.objectContaining({
          sendId: SEND.id,
          resolution: 'delivered',
          channelMessageId: '17',
          actor: 'api',
        }),
      ],
    ]);
    expect(JSON.stringify(seen.ops)).not.toContain('k-1');
  });

  it.each([
    [{ resolution: 'maybe' }],
    [{ resolution: 'drop', channel_message_id: '17' }],
    [{ resolution: 'delivered', channel_message_id: '' }],
    [{ resolution: 'resend', more: true }],
    [{}],
  ])('refuses %j', async (body) => {
    const { app, seen } = testApp();
    expect((await post(app, path, {}, body)).status).toBe(422);
    expect(seen.ops).toEqual([]);
  });

  it('has a send delivered that goes out again, and asks to be asked again while the engine is away', async () => {
    const pending = { ...SEND, state: 'pending' as const, resolution: 'resend' as const };
    for (const [begun, status] of [
      [true, 200],
      [false, 503],
    ] as const) {
      const { app } = answering((fakes) => ({
        sends: {
          ...fakes.sends,
          resolve: async () => ({ kind: 'resolved', send: pending }),
          deliver: async () => begun,
        },
      }));
      expect((await post(app, path, {}, { resolution: 'resend' })).status).toBe(status);
    }
  });

  it.each([
    [{ kind: 'missing' as const }, 404, 'not-found'],
    [{ kind: 'conflict' as const }, 409, 'idempotency-conflict'],
    [{ kind: 'settled' as const, send: { ...SEND, state: 'sent' as const } }, 409, 'send-settled'],
  ])('answers $0.kind with a problem', async (result, status, kind) => {
    const { app } = answering((fakes) => ({ sends: { ...fakes.sends, resolve: async () => result } }));
    const response = await post(app, path, {}, { resolution: 'drop' });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ type: `urn:dirigent:problem:${kind}` });
  });
});

describe('what is only read', () => {
  it('filters model calls and events, and sums costs over a period', async () => {
    const { app, seen } = testApp();
    const at = '2026-01-31T00:00:00+05:00';
    await get(app, `llm-calls?provider=ollama&role=main&run=${RUN.runId}`);
    await get(app, `llm-calls/costs?by=day&from=${encodeURIComponent(at)}`);
    await get(app, 'events?type=api.run_retry_requested&subject=s&actor=api');
    expect(seen.ops.map(([name, , ...rest]) => [name, ...rest.slice(0, 2)])).toEqual([
      ['llmCalls', { provider: 'ollama', role: 'main', workflowId: RUN.workflowId }, { limit: 50 }],
      ['costs', 'day', { from: new Date(at) }],
      ['audit', { eventType: 'api.run_retry_requested', subject: 's', actor: 'api' }, { limit: 50 }],
    ]);
  });

  it.each([
    'llm-calls/costs',
    'llm-calls/costs?by=hour',
    'events?since=yesterday',
    'sends?state=lost',
    'llm-calls?limit=0',
    'sends?cursor=forged',
  ])('refuses %s', async (path) => {
    const { app, seen } = testApp();
    expect((await get(app, path)).status).toBe(400);
    expect(seen.ops).toEqual([]);
  });
});
