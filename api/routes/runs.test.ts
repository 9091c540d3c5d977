import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../db/queries/runs-read.ts';
import { authorised, RUN, TENANT, testApp } from '../testing.ts';

const get = (app: ReturnType<typeof testApp>['app'], path: string) =>
  app.request(path, { headers: authorised() });

describe('GET /api/v1/runs', () => {
  it('passes every filter on, and the cursor of a page leads to the next', async () => {
    const { app, seen } = testApp();
    const first = await get(
      app,
      '/api/v1/runs?process=lead&status=waiting_user&waiting_on=customer&workflow_id=w&limit=7' +
        '&customer_id=0192a000-0000-7000-8000-0000000000c1&conversation_id=0192a000-0000-7000-8000-0000000000c2' +
        '&since=2026-01-01T00:00:00Z&until=2026-02-01T05:00:00%2B05:00',
    );
    expect(first.status).toBe(200);
    expect(seen.lists[0]).toEqual([
      TENANT.id,
      {
        process: 'lead',
        status: 'waiting_user',
        waitingOn: 'customer',
        customerId: '0192a000-0000-7000-8000-0000000000c1',
        conversationId: '0192a000-0000-7000-8000-0000000000c2',
        workflowId: 'w',
        since: new Date('2026-01-01T00:00:00Z'),
        until: new Date('2026-02-01T00:00:00Z'),
      },
      { limit: 7, after: undefined },
    ]);
    const page = (await first.json()) as { runs: Array<Record<string, unknown>>; next_cursor: string };
    expect(page.runs[0]).toMatchObject({
      run_id: RUN.runId,
      waiting_on: 'customer',
      queued_at: '2026-01-31T09:00:00.000Z',
      ended_at: null,
      duration_ms: null,
    });
    await get(app, `/api/v1/runs?cursor=${page.next_cursor}`);
    expect(seen.lists[1]?.[2]).toEqual({ limit: 50, after: { at: RUN.queuedAt, id: RUN.runId } });
  });

  it.each([
    ['status=broken', 'status'],
    ['waiting_on=nobody', 'waiting_on'],
    ['limit=0', 'limit'],
    ['limit=101', 'limit'],
    ['limit=many', 'limit'],
    ['customer_id=7', 'customer_id'],
    ['since=yesterday', 'since'],
    ['cursor=bm9uc2Vuc2U', 'cursor'],
    ['cursor=%00', 'cursor'],
    ['process=%00', 'process'],
    ['workflow_id=a%00b', 'workflow_id'],
    ['since=0000-01-01T00:00:00Z', 'since'],
    ['staus=failed', 'staus'],
    ['tenant=nobody', 'tenant'],
  ])('refuses %s and names the parameter', async (query, parameter) => {
    const { app, seen } = testApp();
    const response = await get(app, `/api/v1/runs?${query}`);
    expect(response.status).toBe(400);
    expect(await response.json()).toMatchObject({ status: 400, errors: [{ parameter }] });
    expect(seen.lists).toEqual([]);
  });
});

describe('GET /api/v1/runs/{id}', () => {
  it('finds a run by run id and by workflow id with its slashes', async () => {
    const { app } = testApp();
    for (const id of [RUN.runId, RUN.workflowId]) {
      const response = await get(app, `/api/v1/runs/${encodeURIComponent(id)}`);
      expect(response.status).toBe(200);
      expect(await response.json()).toMatchObject({
        run_id: RUN.runId,
        input: { need: 'a call' },
        output: null,
      });
    }
  });

  it('shows steps, model calls and sends, unknown ones too', async () => {
    const at = new Date('2026-01-31T09:00:01.000Z');
    const run: RunDetail = {
      ...RUN,
      status: 'degraded',
      waitingOn: null,
      endedAt: at,
      losses: [{ missing: 'CRM', instead: 'kept here' }],
      steps: [
        {
          stepNumber: 1,
          key: 'a/1',
          kind: 'activity',
          name: 'send',
          summary: 'Ask for the phone',
          status: 'succeeded',
          attempts: 2,
          cause: null,
          scheduledAt: at,
          startedAt: at,
          endedAt: null,
        },
      ],
      llmCalls: [
        {
          id: RUN.runId,
          runId: RUN.runId,
          step: '1',
          purpose: 'extract',
          policy: 'lead@1',
          prompt: 'lead@1',
          role: 'fast',
          provider: 'ollama',
          model: 'm',
          attempt: 1,
          promptTokens: 10,
          completionTokens: 5,
          costMicros: 12,
          currency: 'USD',
          durationMs: 40,
          outcome: 'ok',
          error: null,
          createdAt: at,
        },
      ],
      sends: [
        {
          id: RUN.runId,
          key: 'k',
          part: 0,
          chunk: { text: 'Your phone?', entities: [] },
          state: 'unknown',
          attempts: 1,
          channelMessageId: null,
          reason: 'timeout',
          error: null,
          createdAt: at,
          settledAt: null,
          resolution: null,
          resolvedBy: null,
          resolvedAt: null,
          ifUnknown: 'person',
          possiblyRepeated: false,
          doubt: null,
        },
      ],
      truncated: ['llmCalls'],
    };
    const { app } = testApp({
      runs: { list: async () => ({ rows: [] }), get: async () => run, find: async () => run },
    });
    const response = await get(app, `/api/v1/runs/${RUN.runId}`);
    expect(await response.json()).toMatchObject({
      status: 'degraded',
      duration_ms: 1_000,
      losses: [{ missing: 'CRM', instead: 'kept here' }],
      steps: [{ number: 1, kind: 'activity', scheduled_at: '2026-01-31T09:00:01.000Z', ended_at: null }],
      llm_calls: [{ provider: 'ollama', cost_micros: 12 }],
      sends: [
        {
          state: 'unknown',
          text: 'Your phone?',
          settled_at: null,
          if_unknown: 'person',
          waits_for: 'person',
        },
      ],
      truncated: ['llm_calls'],
    });
  });

  it('never asks the database for an id that it cannot take', async () => {
    const fail = () => Promise.reject(new Error('asked'));
    const { app } = testApp({ runs: { list: fail, get: fail, find: fail } });
    expect((await get(app, '/api/v1/runs/a%00b')).status).toBe(400);
  });

  it('answers 404 for a run that is not there', async () => {
    const { app } = testApp();
    const response = await get(app, '/api/v1/runs/nobody');
    expect(response.status).toBe(404);
    expect(await response.json()).toMatchObject({
      type: 'urn:dirigent:problem:not-found',
      title: expect.any(String),
    });
  });

  it('answers 503 while the database is away', async () => {
    const gone = new Error('Failed query: select …', {
      cause: Object.assign(new Error('x'), { code: 'ECONNREFUSED' }),
    });
    const fail = () => Promise.reject(gone);
    const { app } = testApp({ runs: { list: fail, get: fail, find: fail } });
    const response = await get(app, '/api/v1/runs');
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect(await response.text()).not.toContain('Failed query');
  });
});

describe('POST /api/v1/runs/{id}/cancel', () => {
  const cancel = (app: ReturnType<typeof testApp>['app'], id: string, body?: string) =>
    app.request(`/api/v1/runs/${encodeURIComponent(id)}/cancel`, {
      method: 'POST',
      headers:
        body === undefined
          ? { authorization: authorised().authorization }
          : authorised({ 'x-request-id': 'rq' }),
      body: body ?? null,
    });

  it('asks the first run of the chain to end, and notes who asked', async () => {
    const { app, seen } = testApp();
    const response = await cancel(app, RUN.workflowId, '{"reason":"the customer called"}');
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ run_id: RUN.runId, workflow_id: RUN.workflowId });
    expect(seen.cancels).toEqual([
      {
        workflowId: RUN.workflowId,
        firstRunId: RUN.runId,
        currentRunId: RUN.currentRunId,
        reason: 'the customer called',
        correlationId: 'rq',
        actor: 'api',
      },
    ]);
    expect(seen.events).toEqual([
      expect.objectContaining({
        tenantId: TENANT.id,
        eventType: 'api.run_cancel_requested',
        subject: RUN.workflowId,
        actor: 'api',
        correlationId: 'rq',
      }),
    ]);
  });

  it('needs no body', async () => {
    const { app } = testApp();
    expect((await cancel(app, RUN.runId)).status).toBe(202);
  });

  it('answers 404, 409 and 503 for what is not there, has ended, or cannot be reached; none is noted', async () => {
    const ended = { ...RUN, status: 'succeeded' as const, waitingOn: null, endedAt: new Date() };
    const closedRow = testApp({
      runs: { list: async () => ({ rows: [] }), get: async () => ended, find: async () => ended },
    });
    const closedSince = testApp({
      starter: { start: async () => ({ kind: 'conflict' }), cancel: async () => 'closed' },
    });
    const down = testApp({
      starter: { start: async () => ({ kind: 'unavailable' }), cancel: async () => 'unavailable' },
    });
    const missing = testApp();
    expect((await cancel(missing.app, 'nobody')).status).toBe(404);
    expect((await cancel(closedRow.app, RUN.runId)).status).toBe(409);
    expect((await cancel(closedSince.app, RUN.runId)).status).toBe(409);
    const response = await cancel(down.app, RUN.runId);
    expect(response.status).toBe(503);
    expect(response.headers.get('retry-after')).toBe('5');
    expect([missing, closedRow, closedSince, down].flatMap(({ seen }) => seen.events)).toEqual([]);
    expect(closedRow.seen.cancels).toEqual([]);
  });
});
